package webrtcmedia

import (
	"slices"

	"sipbridge/bridge/sdp"
)

// browserProtocol is the transport that our own offers name (RFC 5764 section 8).
const browserProtocol = "UDP/TLS/RTP/SAVPF"

// ownMID names the one section of our own offers.
const ownMID = "0"

// layout is the m= lines of a session, which every later offer and answer repeats in number and order
// (RFC 3264 section 8).
type layout struct {
	// sections has the refused form of every section.
	sections []sdp.Media
	// index is the place of the audio section, mid and protocol are its own; bundled tells that it is
	// in a BUNDLE group.
	index         int
	mid, protocol string
	bundled       bool
}

// ownLayout is that of a session that we open.
func ownLayout() layout {
	return layout{sections: make([]sdp.Media, 1), mid: ownMID, protocol: browserProtocol, bundled: true}
}

// layoutOf is that of a session that the browser opens or changes.
func layoutOf(offer *remote) layout {
	audio := offer.audio()
	l := layout{
		index: offer.index, mid: audio.MID, protocol: audio.Protocol,
		bundled: audio.MID != "" && slices.Contains(offer.session.Bundle, audio.MID),
	}
	for _, media := range offer.session.Media {
		l.sections = append(l.sections, media.Refuse())
	}
	return l
}
