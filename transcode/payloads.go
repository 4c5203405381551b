package transcode

import (
	"sipbridge/transcode/descriptor"
	"sipbridge/transcode/fragment"
	"sipbridge/transcode/h264"
)

// payloads reads RTP payloads of a codec of pictures. It belongs to one goroutine.
type payloads interface {
	fragment.Cutter
	// Begins tells whether decoding can begin with a payload.
	Begins(content []byte) bool
}

// payloadsOf gives what reads payloads of a codec; nil for x-flv, and what is no codec of pictures.
func payloadsOf(codec Codec) payloads {
	switch videoCodec(codec) {
	case vp8:
		return descriptor.VP8{}
	case vp9:
		return descriptor.VP9{}
	case av1:
		return descriptor.AV1{}
	case avc:
		return &h264.Reader{}
	default:
		return nil
	}
}

// splitterFor cuts packets that are too large for a receiver; nil for one that takes any, or no fragments.
func splitterFor(to Format, most int) *fragment.Splitter {
	cutter := payloadsOf(to.Codec)
	if cutter == nil || most == 0 || singleUnitsOnly(to) {
		return nil
	}
	return fragment.NewSplitter(most, cutter)
}
