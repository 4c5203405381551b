package rtpmedia

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// packetTime is what we send and ask for unless told otherwise.
const packetTime = 20 * time.Millisecond

// eventParameters are the events that we take: the sixteen keys (RFC 4733 section 2.4.1).
const eventParameters = "0-15"

// The reasons why media cannot be agreed on; each comes wrapped in a bridge.Cause with status 488.
var (
	// ErrNoAudio means that there is no audio over plain RTP.
	ErrNoAudio = errors.New("rtpmedia: no audio over RTP/AVP")
	// ErrNoCodec means that no audio codec is left.
	ErrNoCodec = errors.New("rtpmedia: no common audio codec")
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
	text               []byte
	// layout has the m= lines of the session: no description may have fewer (RFC 3264 section 8).
	// audio is the place of the one that is used.
	layout []sdp.Media
	audio  int
	// ours is the audio section of our offer and answered tells that a SetAnswer may still follow; theirs is
	// the party's offer that was not answered yet.
	ours    *sdp.Media
	theirs  *sdp.Session
	theirAt int // place of the audio section in theirs
}

func newNegotiation() negotiation { return negotiation{sessionID: rand.Uint64N(1 << 62)} }

// Offer gives our SDP offer for the first audio section of the proposal; others are not offered. Payload
// types keep their meaning in all descriptions of the session. The error is a bridge.Cause with status 488.
func (s *Session) Offer(proposal bridge.Description) ([]byte, error) {
	audio, ok := proposal.First(transcode.Audio)
	if !ok {
		return nil, notAcceptable(ErrNoAudio)
	}
	n := &s.negotiation
	formats := n.offeredFormats(audio.Formats)
	if len(formats) == 0 {
		return nil, notAcceptable(ErrNoCodec)
	}
	section := s.section("RTP/AVP", audio.Direction, audio.PacketTime, formats)
	layout, at := n.layout, n.audio
	if len(layout) == 0 {
		layout, at = []sdp.Media{section}, 0
	} else {
		section.Protocol, section.MID = layout[at].Protocol, layout[at].MID
	}
	text, err := s.print(layout, at, section)
	if err != nil {
		return nil, err
	}
	n.layout, n.audio, n.ours, n.theirs = layout, at, &section, nil
	return text, nil
}

// offeredFormats gives the codecs their numbers and adds telephone-events.
func (n *negotiation) offeredFormats(codecs []transcode.Format) []sdp.Format {
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
	if len(formats) == 0 {
		return nil
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

// SetAnswer applies the party's answer to our last offer. Another answer to the same offer replaces the first. The
// description has the formats that both have, in the party's order and with its payload types.
// The error is a bridge.Cause, with status 488 if no audio is left; then nothing has changed.
func (s *Session) SetAnswer(text []byte) (bridge.Description, error) {
	n := &s.negotiation
	if n.ours == nil {
		return bridge.Description{}, notAcceptable(ErrNoOffer)
	}
	answer, err := sdp.Parse(text)
	if err != nil {
		return bridge.Description{}, err
	}
	if n.audio >= len(answer.Media) || !plainAudio(answer.Media[n.audio]) {
		return bridge.Description{}, notAcceptable(ErrNoAudio)
	}
	party := answer.Media[n.audio]
	if !s.reaches(party) {
		return bridge.Description{}, notAcceptable(ErrFamily)
	}
	pairs := pairsOf(party, n.ours)
	direction := n.ours.Direction.And(party.Flow().Mirror())
	agreed := newAgreement(s.address(), party, direction, pairs)
	if len(agreed.formats) == 0 {
		return bridge.Description{}, notAcceptable(ErrNoCodec)
	}
	s.apply(agreed)
	description := onlyAudio(answer, n.audio)
	description.Media[n.audio].Formats = agreed.formats
	description.Media[n.audio].Direction = direction.Mirror()
	return description, nil
}

// pairsOf finds the formats of an answer in our offer. One without rtpmap stands for what the offer called so.
func pairsOf(party sdp.Media, ours *sdp.Media) []pair {
	var pairs []pair
	for _, format := range party.Formats {
		for _, offered := range ours.Formats {
			if offered.Equal(format.Codec) {
				pairs = append(pairs, pair{theirs: format.Format, ours: offered.PayloadType})
				break
			}
		}
	}
	for _, offered := range ours.Formats {
		if unnamed(party, offered.PayloadType) {
			pairs = append(pairs, pair{theirs: offered.Format, ours: offered.PayloadType})
		}
	}
	return pairs
}

// unnamed tells whether a payload type stands in the m= line, but nowhere what it is.
func unnamed(party sdp.Media, payloadType uint8) bool {
	for _, format := range party.Formats {
		if format.PayloadType == payloadType {
			return false
		}
	}
	for _, word := range party.Words {
		if word == fmt.Sprint(payloadType) {
			return true
		}
	}
	return false
}

// SetOffer reads the party's offer. Its first audio section over RTP/AVP or RTP/AVPF is the one that can be
// taken; all others are shown as refused. The error is a bridge.Cause, with status 488 if there is none.
func (s *Session) SetOffer(text []byte) (bridge.Description, error) {
	offer, err := sdp.Parse(text)
	if err != nil {
		return bridge.Description{}, err
	}
	for i, media := range offer.Media {
		if plainAudio(media) && len(media.Codecs()) > 0 {
			if !s.reaches(media) {
				return bridge.Description{}, notAcceptable(ErrFamily)
			}
			s.negotiation.theirs, s.negotiation.theirAt = offer, i
			return onlyAudio(offer, i), nil
		}
	}
	return bridge.Description{}, notAcceptable(ErrNoAudio)
}

// plainAudio tells whether a section is audio over RTP without SRTP.
func plainAudio(media sdp.Media) bool {
	return media.Kind() == transcode.Audio && !media.Refused() && media.RTP() && !media.Encrypted()
}

// reaches tells whether our socket can send to the section's address. One that is no IP address may come to be known.
func (s *Session) reaches(media sdp.Media) bool {
	address, ok := media.RTPAddress()
	bind := s.options.Bind
	anyFamily := bind.Is6() && bind.IsUnspecified()
	return !ok || address.Addr().Is4() == bind.Is4() || anyFamily || address.Addr().IsUnspecified()
}

// address is our RTP address, as SDP names it.
func (s *Session) address() netip.AddrPort {
	return netip.AddrPortFrom(s.options.Advertise, s.sockets.port)
}

// onlyAudio is the session's description with all sections refused but one.
func onlyAudio(session *sdp.Session, audio int) bridge.Description {
	description := session.Description()
	for i := range description.Media {
		if i != audio {
			description.Media[i].Formats = nil
		}
	}
	return description
}

// Answer answers the party's last offer and puts the agreement in force. The first format of the audio section is
// taken, with a telephone-event of the same clock if one was offered, else of any. An answer that changes
// nothing repeats the last text to the byte. The error is a bridge.Cause with status 488.
func (s *Session) Answer(answer bridge.Description) ([]byte, error) {
	n := &s.negotiation
	if n.theirs == nil {
		return nil, notAcceptable(ErrNoOffer)
	}
	at := n.theirAt
	if at >= len(answer.Media) || answer.Media[at].Refused() {
		return nil, notAcceptable(ErrNoAudio)
	}
	offered, chosen := n.theirs.Media[at], answer.Media[at]
	formats := answeredFormats(offered, chosen.Formats[0])
	if len(formats) == 0 {
		return nil, notAcceptable(ErrNoCodec)
	}
	direction := chosen.Direction.And(offered.Flow().Mirror())
	section := s.section(offered.Protocol, direction, chosen.PacketTime, formats)
	section.MID, section.RTCPMux = offered.MID, offered.RTCPMux
	layout := n.theirs.Media
	text, err := s.print(layout, at, section)
	if err != nil {
		return nil, err
	}
	pairs := make([]pair, 0, len(formats))
	for _, format := range formats {
		pairs = append(pairs, pair{theirs: format.Format, ours: format.PayloadType})
	}
	n.numbers.learn(offered.Formats)
	n.layout, n.audio, n.theirs, n.ours = layout, at, nil, nil
	s.apply(newAgreement(s.address(), offered, direction, pairs))
	return text, nil
}

// answeredFormats gives the chosen codec, with the number it has in the offer, and its telephone-event.
func answeredFormats(offered sdp.Media, chosen transcode.Format) []sdp.Format {
	var formats []sdp.Format
	for _, format := range offered.Codecs() {
		if format.Equal(chosen.Codec) {
			format.Parameters = chosen.Parameters
			formats = append(formats, sdp.Format{Format: format})
			break
		}
	}
	events := offered.TelephoneEvents()
	if len(formats) == 0 || len(events) == 0 {
		return formats
	}
	event := events[0]
	for _, candidate := range events {
		if candidate.ClockRate == chosen.ClockRate {
			event = candidate
			break
		}
	}
	event.Parameters = eventParameters
	return append(formats, sdp.Format{Format: event})
}

// Rollback forgets an offer of either side that came to nothing.
func (s *Session) Rollback() { s.negotiation.ours, s.negotiation.theirs = nil, nil }

// section is our side of the audio.
func (s *Session) section(
	protocol string, direction bridge.Direction, time time.Duration, formats []sdp.Format,
) sdp.Media {
	if time == 0 {
		time = packetTime
	}
	return sdp.Media{
		Type: "audio", Port: s.sockets.port, Protocol: protocol, Formats: formats,
		Direction: direction, PacketTime: time,
	}
}

// print prints our description: the sections of layout refused, but for the audio one. The version rises only
// if something changed (RFC 3264 section 8).
func (s *Session) print(layout []sdp.Media, at int, audio sdp.Media) ([]byte, error) {
	n := &s.negotiation
	address := s.options.Advertise.String()
	session := sdp.Session{
		Origin:  sdp.Origin{SessionID: n.sessionID, Version: n.version, Address: address},
		Address: address,
	}
	for i, media := range layout {
		if i == at {
			session.Media = append(session.Media, audio)
		} else {
			session.Media = append(session.Media, media.Refuse())
		}
	}
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
