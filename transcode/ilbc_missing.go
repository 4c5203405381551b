//go:build !libavcodec

package transcode

// ilbcImplementations are those of the build tag libavcodec, which was not set.
func ilbcImplementations() []implementation { return nil }
