package rtpmedia

import (
	"bytes"
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// packetTime is what we send and ask for unless told otherwise.
const packetTime = 20 * time.Millisecond

// eventParameters are the events that we take: the sixteen keys (RFC 4733 section 2.4.1).
const eventParameters = "0-15"

// The reasons why media cannot be agreed on; each comes wrapped in a bridge.Cause with status 488.
var (
	// ErrNoMedia means that there is neither audio nor video over RTP.
	ErrNoMedia = errors.New("rtpmedia: no media over RTP")
	// ErrNoCodec means that no codec is left.
	ErrNoCodec = errors.New("rtpmedia: no common codec")
	// ErrFamily means an IPv6 address where we have IPv4, or the other way round.
	ErrFamily = errors.New("rtpmedia: address family not reachable")
	// ErrNoOffer means an answer to an offer that was not made.
	ErrNoOffer = errors.New("rtpmedia: no offer to answer")
)

func notAcceptable(err error) error {
	return bridge.Cause{Status: 488, Text: "Not Acceptable Here", Err: err}
}

// negotiation is the SDP of a session. It belongs to the leg's goroutine.
type negotiation struct {
	numbers numbering
	// sessionID and version are those of our o= line; text is the SDP sent last.
	sessionID, version uint64
	// origin is the address of that line, which stays when we move (RFC 3264 section 8).
	origin string
	text   []byte
	// layout has the m= lines of the session: no description may have fewer (RFC 3264 section 8).
	layout []sdp.Media
	// ours are the sections of our offer, to which a SetAnswer may still follow; theirs is the party's offer that was not
	// answered yet.
	ours   sections
	theirs *sdp.Session
	// move is where we have to go to take that; nil to stay.
	move *Place
	// used are the sections that were agreed on last, and current the keys of those that are protected.
	used    sections
	current [kinds]*protection
	// ice is what is agreed of ICE.
	ice [kinds]iceTerms
	// plainly tells that the party wants no protection.
	plainly bool
	// bestEffort leaves it to the party whether media that we offer are protected.
	bestEffort bool
	// tones tells that no telephone-event is to be agreed on: keys are tones.
	tones bool
}

// sections are those in use of a description, by kind.
type sections [kinds]*section

func (s sections) empty() bool { return s == sections{} }

// section is one of them, and its place in the layout.
type section struct {
	sdp.Media

	at int
	// keys are those of an offer of protected media.
	keys []offeredKey
	// ice is our agent for the section; nil if it gets no ICE.
	ice *iceAgent
}

func newNegotiation() negotiation { return negotiation{sessionID: rand.Uint64N(1 << 62)} }

// Offer gives our SDP offer for the first audio and the first video section of the proposal; others are not offered.
// Payload types keep their meaning in all descriptions of the session. The error is a bridge.Cause with status 488.
func (s *Session) Offer(proposal bridge.Description) ([]byte, error) {
	leading, ok := proposal.Leading()
	if !ok {
		return nil, notAcceptable(ErrNoMedia)
	}
	n := &s.negotiation
	if s.options.Security.Policy == Required && !s.offersProtection(leading.Kind) {
		return nil, notAcceptable(ErrProtection)
	}
	var ours sections
	layout := slices.Clone(n.layout)
	for _, kind := range transcode.Kinds() {
		media, _ := proposal.First(kind)
		formats := n.offeredFormats(kind, offerable(kind, media.Formats))
		if kind == transcode.Audio {
			formats = append(formats, n.offeredBeside(formats, s.options.Noise, s.options.Redundancy)...)
		}
		if len(formats) == 0 || !s.ready(kind) {
			continue
		}
		var err error
		ours[kind], err = s.offeringSection(kind, media, formats)
		if err != nil {
			return nil, notAcceptable(err)
		}
		s.offerICE(ours[kind])
		layout = ours[kind].placeIn(layout, ours, n.used[kind])
	}
	if ours.empty() {
		return nil, notAcceptable(ErrNoCodec)
	}
	s.shorten(layout, ours)
	text, err := s.print(layout, ours)
	if err != nil {
		return nil, err
	}
	n.layout, n.ours, n.theirs = layout, ours, nil
	return text, nil
}

// offeringSection is our offer of one kind.
func (s *Session) offeringSection(kind transcode.Kind, proposed bridge.MediaDescription, formats []sdp.Format,
) (*section, error) {
	offer := s.section(kind, "RTP/AVP", proposed.Direction, proposed.PacketTime, formats)
	if kind == transcode.Audio {
		offer.XR = quality.Wishes{VoIPMetrics: true}
	}
	if kind == transcode.Video {
		offer.Feedback, offer.Bitrate = append(sdp.PictureFeedback(), "ccm tmmbr"), proposed.Bitrate
		offer.turn(ownOrientation, proposed.Orientation)
		offer.announce(s.streams[transcode.Video], s.cname)
	}
	if !s.offersProtection(kind) {
		return offer, nil
	}
	var err error
	if s.offersDTLS(kind) {
		s.offerDTLS(offer)
	} else {
		err = s.negotiation.offerSDES(offer)
	}
	if s.negotiation.bestEffort {
		offer.Protocol = "RTP/AVP"
	}
	return offer, err
}

// offersDTLS tells whether the keys of protected media of a kind are to come by DTLS: as before, else as those of the
// other kind do, else as we are told.
func (s *Session) offersDTLS(kind transcode.Kind) bool {
	if current := s.negotiation.current[kind]; current != nil {
		return current.terms != dtlsTerms{}
	}
	for _, other := range s.negotiation.current {
		if other != nil {
			return other.terms != dtlsTerms{}
		}
	}
	return s.options.Security.DTLS && s.options.Security.Identity != nil
}

// offersProtection tells whether our offer of a kind is of protected media: as before, else as the other kind is,
// else as we are told.
func (s *Session) offersProtection(kind transcode.Kind) bool {
	n := &s.negotiation
	if n.used[kind] != nil {
		return n.current[kind] != nil
	}
	for _, other := range transcode.Kinds() {
		if n.used[other] != nil {
			return n.current[other] != nil
		}
	}
	return s.options.Security.Policy != Plain && s.options.Security.Offer && !n.plainly
}

// FallBack gives up the protection of our first offer, because the party refused it. It reports false, having done
// nothing, if another offer would not be another one, or the media must be protected.
func (s *Session) FallBack() bool {
	n := &s.negotiation
	if s.options.Security.Policy != Optional || !n.used.empty() || !s.offersProtection(transcode.Audio) {
		return false
	}
	n.plainly, n.layout, n.ours = true, nil, sections{}
	return true
}

// BestEffort leaves it to the party whether what we offer is protected (RFC 8643), for an offer after which there
// can be no other one. It changes nothing where media must be protected.
func (s *Session) BestEffort() { s.negotiation.bestEffort = s.options.Security.Policy == Optional }

// placeIn finds the m= line for a section of ours among those of the session: the one it has, else the first of its
// kind and protection, else a new one. Others are the sections that have theirs.
func (m *section) placeIn(layout []sdp.Media, others sections, used *section) []sdp.Media {
	for i, line := range layout {
		taken := slices.ContainsFunc(others[:], func(other *section) bool {
			return other != nil && other != m && other.at == i
		})
		fits := line.Encrypted() == m.Encrypted()
		if used != nil {
			fits = i == used.at
		}
		if line.Kind() == m.Kind() && line.RTP() && fits && !taken {
			m.at, m.Protocol, m.MID = i, line.Protocol, line.MID
			return layout
		}
	}
	m.at = len(layout)
	return append(layout, m.Media)
}

// ready opens the ports of a kind. A session that gets none for its pictures goes on without.
func (s *Session) ready(kind transcode.Kind) bool {
	err := s.streams[kind].open()
	if err != nil {
		s.options.Logger.Warn("no ports", "for", kind.String(), "error", err)
	}
	return err == nil
}

// offerable gives the formats to offer to a phone. No phone has AV1, and the offer has to fit into a datagram.
func offerable(kind transcode.Kind, formats []transcode.Format) []transcode.Format {
	if kind == transcode.Audio {
		return formats
	}
	offered := slices.DeleteFunc(transcode.Crossing(formats), func(format transcode.Format) bool {
		return strings.EqualFold(format.Name, "AV1")
	})
	for i := range offered {
		offered[i] = offered[i].Brief()
	}
	return offered
}

// offeredFormats gives the codecs their numbers, and adds telephone-events to those of audio.
func (n *negotiation) offeredFormats(kind transcode.Kind, codecs []transcode.Format) []sdp.Format {
	var formats []sdp.Format
	clocks := []uint32{8000}
	for _, codec := range codecs {
		if sdp.RoleOf(codec.Codec) != sdp.RoleCodec {
			continue
		}
		payloadType, ok := n.numbers.number(codec)
		if !ok {
			continue
		}
		codec.PayloadType = payloadType
		formats = append(formats, sdp.Format{Format: codec})
		if codec.ClockRate == 48000 && len(clocks) == 1 {
			clocks = append(clocks, codec.ClockRate)
		}
	}
	switch {
	case len(formats) == 0 || kind == transcode.Audio && n.tones:
		return formats
	case kind == transcode.Video:
		return append(formats, n.offeredRetransmissions(formats)...)
	}
	for _, clock := range clocks {
		event := transcode.Format{
			Codec:       transcode.Codec{Name: "telephone-event", ClockRate: clock},
			PayloadType: eventPayloadType, Parameters: eventParameters,
		}
		payloadType, ok := n.numbers.number(event)
		if ok {
			event.PayloadType = payloadType
			formats = append(formats, sdp.Format{Format: event})
		}
	}
	return formats
}

// Rollback forgets an offer of either side that came to nothing.
func (s *Session) Rollback() {
	n := &s.negotiation
	n.ours, n.theirs, n.move = sections{}, nil, nil
	for _, kind := range transcode.Kinds() {
		s.streams[kind].agent.Store(n.ice[kind].agent) // that of the offer will not be found
	}
}

// section is our side of one kind.
func (s *Session) section(
	kind transcode.Kind, protocol string, direction bridge.Direction, time time.Duration, formats []sdp.Format,
) *section {
	if time == 0 && kind == transcode.Audio {
		time = packetTime
	}
	return &section{Media: sdp.Media{
		Type: kind.String(), Port: s.streams[kind].sockets().port, Protocol: protocol, Formats: formats,
		Direction: direction, PacketTime: time,
	}}
}

// describe is our description: the sections of layout refused, but for ours.
func (s *Session) describe(layout []sdp.Media, ours sections) *sdp.Session {
	address := s.options.Advertise.String()
	s.negotiation.origin = cmp.Or(s.negotiation.origin, address)
	session := &sdp.Session{
		Origin: sdp.Origin{
			SessionID: s.negotiation.sessionID, Version: s.negotiation.version, Address: s.negotiation.origin,
		},
		Address: address,
	}
	for _, media := range layout {
		session.Media = append(session.Media, media.Refuse())
	}
	for _, section := range ours {
		if section != nil {
			session.Media[section.at] = section.Media
			session.ICELite = session.ICELite || section.ice != nil && section.ice.isLite()
		}
	}
	return session
}

// print prints our description. The version rises only if something changed (RFC 3264 section 8).
func (s *Session) print(layout []sdp.Media, ours sections) ([]byte, error) {
	n := &s.negotiation
	session := s.describe(layout, ours)
	text, err := session.Marshal()
	if err == nil && !bytes.Equal(text, n.text) {
		n.version++
		session.Origin.Version = n.version
		text, err = session.Marshal()
	}
	if err != nil {
		return nil, notAcceptable(err)
	}
	n.text = text
	return bytes.Clone(text), nil
}
