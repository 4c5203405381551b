package webrtcmedia

import (
	"slices"
	"strconv"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// browserProtocol is the transport that our own offers name (RFC 5764 section 8).
const browserProtocol = "UDP/TLS/RTP/SAVPF"

// layout is the m= lines of a session, which every later offer and answer repeats in number and order
// (RFC 3264 section 8). It is never changed, but replaced.
type layout struct {
	// sections has the refused form of every section.
	sections []sdp.Media
	// places are where the sections in use stand, by kind.
	places [kinds]place
	// bundled tells that the sections in use are in a BUNDLE group. lead is the kind of the first one in it, which says
	// how to connect (RFC 9143 section 7.2).
	bundled bool
	lead    transcode.Kind
}

// place is that of a section in use.
type place struct {
	used          bool
	index         int
	mid, protocol string
}

// ownLayout is that of a session that we open.
func ownLayout() layout { return layout{bundled: true, lead: transcode.Audio} }

// layoutOf is that of a session that the browser opens or changes, with the sections on which there is agreement.
func layoutOf(offer *remote, agreed agreements) layout {
	l := layout{bundled: offer.bundled(*offer.leading()), lead: offer.lead}
	for _, kind := range transcode.Kinds() {
		if media := offer.section(kind); agreed[kind].used() {
			l.places[kind] = place{used: true, index: offer.places[kind], mid: media.MID, protocol: media.Protocol}
		}
	}
	for _, media := range offer.session.Media {
		l.sections = append(l.sections, media.Refuse())
	}
	return l
}

// offering gives the layout with a section for each kind that is to be offered, and none for the others. One that is
// not there yet takes the place of a refused one, or comes last; its MID is a new one (RFC 9429 section 5.2.2).
func (l layout) offering(ours agreements) layout {
	l.sections = slices.Clone(l.sections)
	for _, kind := range transcode.Kinds() {
		switch {
		case !ours[kind].used():
			l.places[kind] = place{}
		case !l.places[kind].used:
			l.add(kind)
		}
	}
	return l.leading()
}

// leading gives the layout with another kind in the lead, if the section of that one is not in use any more.
func (l layout) leading() layout {
	for _, kind := range transcode.Kinds() {
		if l.places[kind].used && !l.places[l.lead].used {
			l.lead = kind
		}
	}
	return l
}

func (l *layout) add(kind transcode.Kind) {
	section := sdp.Media{
		Type: kind.String(), Protocol: browserProtocol, MID: l.newMID(), Direction: bridge.Inactive,
	}
	index := len(l.sections)
	for i := range l.sections {
		if !l.inUse(i) && l.sections[i].Type == section.Type {
			index = min(index, i)
		}
	}
	if index == len(l.sections) {
		l.sections = append(l.sections, section)
	}
	l.sections[index] = section
	l.places[kind] = place{used: true, index: index, mid: section.MID, protocol: section.Protocol}
}

func (l *layout) inUse(index int) bool {
	return slices.ContainsFunc(l.places[:], func(place place) bool { return place.used && place.index == index })
}

// newMID gives a tag that no section has.
func (l *layout) newMID() string {
	for number := len(l.sections); ; number++ {
		mid := strconv.Itoa(number)
		if !slices.ContainsFunc(l.sections, func(media sdp.Media) bool { return media.MID == mid }) {
			return mid
		}
	}
}

// answered gives the layout after the browser's answer: what it refused is free again.
func (l layout) answered(agreed agreements) layout {
	for _, kind := range transcode.Kinds() {
		if !agreed[kind].used() {
			l.places[kind] = place{}
		}
	}
	return l.leading()
}
