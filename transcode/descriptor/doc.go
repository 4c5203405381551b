// Package descriptor reads what stands in front of the picture in RTP payloads of VP8 (RFC 7741), VP9 (RFC 9628) and
// AV1 (RTP Payload Format For AV1): whether decoding can begin with a packet, and how one that is larger than a path
// is cut into smaller ones. The pictures themselves are not looked at.
package descriptor

// parts gives keep the pieces of a picture, each behind a descriptor that head makes, with no more than most bytes
// together. Head is told which piece is the first and which the last.
func parts(rest []byte, room int, head func(first, last bool) []byte, keep func(part []byte)) {
	var part []byte
	for first := true; len(rest) > 0; first = false {
		size := min(len(rest), room)
		part = append(append(part[:0], head(first, size == len(rest))...), rest[:size]...)
		keep(part)
		rest = rest[size:]
	}
}
