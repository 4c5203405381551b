package rtpmedia

import (
	"slices"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

const (
	firstDynamic = 96
	lastDynamic  = 127
	// eventPayloadType is what nearly everybody takes for telephone-event/8000; some old phones take no other.
	eventPayloadType = 101
)

// numbering remembers which payload type stands for which format: none may change its meaning during a session
// (RFC 3264 section 8.3.2). It has one format for a payload type at most, the last, whatever the party tries.
type numbering struct {
	formats []transcode.Format
	used    [128]bool
}

// learn takes over the payload types of a description that was sent or received.
func (n *numbering) learn(formats []sdp.Format) {
	for _, format := range formats {
		n.formats = slices.DeleteFunc(n.formats, func(known transcode.Format) bool {
			return known.PayloadType == format.PayloadType || same(known, format.Format)
		})
		n.formats = append(n.formats, format.Format)
		n.used[format.PayloadType&0x7f] = true
	}
}

// number gives the payload type for a format: the known one, the static one, the suggested one
// if it is dynamic and free, else the next free one. It reports false if none is left.
func (n *numbering) number(format transcode.Format) (uint8, bool) {
	known := func(known transcode.Format) bool { return same(known, format) }
	if i := slices.IndexFunc(n.formats, known); i >= 0 {
		return n.formats[i].PayloadType, true
	}
	payloadType, ok := static(format.Codec)
	if !ok {
		payloadType, ok = n.dynamic(format.PayloadType)
	}
	if ok {
		format.PayloadType = payloadType
		n.learn([]sdp.Format{{Format: format}})
	}
	return payloadType, ok
}

// same tells whether two formats have the same number: they fit, and what repairs one does not repair another.
func same(a, b transcode.Format) bool {
	mine, _ := sdp.Repairs(a)
	theirs, _ := sdp.Repairs(b)
	return a.Fits(b) && mine == theirs
}

func (n *numbering) dynamic(suggested uint8) (uint8, bool) {
	if suggested >= firstDynamic && suggested <= lastDynamic && !n.used[suggested] {
		return suggested, true
	}
	for payloadType := uint8(firstDynamic); payloadType <= lastDynamic; payloadType++ {
		if !n.used[payloadType] && payloadType != eventPayloadType {
			return payloadType, true
		}
	}
	return 0, false
}

func static(codec transcode.Codec) (uint8, bool) {
	for payloadType := range uint8(firstDynamic) {
		if known, ok := sdp.Static(payloadType); ok && known.Equal(codec) {
			return payloadType, true
		}
	}
	return 0, false
}
