//go:build !bcg729

package transcode

// g729Implementations are those of the build tag bcg729, which was not set.
func g729Implementations() []implementation { return nil }
