//go:build !amr

package transcode

// amrImplementations are those of the build tag amr, which was not set.
func amrImplementations() []implementation { return nil }
