package rtpmedia

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"

	"sipbridge/bridge"
	"sipbridge/bridge/icefull"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// SetAnswer applies the party's answer to our last offer. Another answer to the same offer replaces the first. The
// description has the formats that both have, in the party's order and with its payload types.
// The error is a bridge.Cause, with status 488 if nothing is left; then nothing has changed.
func (s *Session) SetAnswer(text []byte) (bridge.Description, error) {
	n := &s.negotiation
	if n.ours.empty() {
		return bridge.Description{}, notAcceptable(ErrNoOffer)
	}
	answer, err := sdp.Parse(text)
	if err != nil {
		return bridge.Description{}, err
	}
	description := allRefused(answer)
	var agreed [kinds]*agreement
	var why error // nothing of the first kind is left
	for _, kind := range transcode.Kinds() {
		ours := n.ours[kind]
		if ours == nil {
			continue
		}
		made, err := s.answered(answer, ours)
		if err != nil {
			why = cmp.Or(why, err)
			continue
		}
		agreed[kind] = made
		description.Media[ours.at].Formats = made.formats
		description.Media[ours.at].Direction = made.direction.Mirror()
	}
	if agreed == ([kinds]*agreement{}) {
		return bridge.Description{}, notAcceptable(why)
	}
	s.agree(n.ours, agreed)
	return description, nil
}

// agree puts agreements in force that are made on sections of ours.
func (s *Session) agree(ours sections, agreed [kinds]*agreement) {
	n := &s.negotiation
	for _, kind := range transcode.Kinds() {
		n.used[kind], n.current[kind], n.ice[kind] = nil, nil, iceTerms{}
		if agreed[kind] != nil {
			n.used[kind], n.current[kind], n.ice[kind] = ours[kind], agreed[kind].protection, agreed[kind].ice
		}
		s.streams[kind].useICE(n.ice[kind])
	}
	s.apply(agreed)
	for _, kind := range transcode.Kinds() {
		s.streams[kind].secure(n.current[kind])
	}
}

// answered makes the agreement of the party's answer to a section of ours.
func (s *Session) answered(answer *sdp.Session, ours *section) (*agreement, error) {
	if ours.at >= len(answer.Media) || !usable(ours.Kind(), answer.Media[ours.at]) {
		return nil, ErrNoMedia
	}
	party := answer.Media[ours.at]
	if !s.reaches(party) {
		return nil, ErrFamily
	}
	protection, err := s.answeredProtection(ours, party)
	if err != nil {
		return nil, err
	}
	address := s.streams[ours.Kind()].address()
	agreed := newAgreement(address, party, ours.Direction.And(party.Flow().Mirror()), pairsOf(party, &ours.Media))
	if len(agreed.formats) == 0 {
		return nil, ErrNoCodec
	}
	agreed.protection, agreed.ice = protection, s.answeredICE(ours, answer, party)
	if ours.Extension(transcode.OrientationURI) != 0 {
		agreed.orientation = party.Extension(transcode.OrientationURI)
	}
	return agreed, nil
}

// SetOffer reads the party's offer. Of each kind the first protected section can be taken, else the first plain one, as
// far as Security lets them; all others are shown as refused. The error is a bridge.Cause, with status 488 if there is
// none.
func (s *Session) SetOffer(text []byte) (bridge.Description, error) {
	offer, err := sdp.Parse(text)
	if err != nil {
		return bridge.Description{}, err
	}
	description := allRefused(offer)
	why := ErrNoMedia
	var move *Place
	for _, kind := range transcode.Kinds() {
		at, err := s.choose(kind, offer.Media)
		if _, led := description.Leading(); err == nil && !led {
			move, err = s.wayTo(offer.Media[at])
		} else if err == nil && !s.comesAlong(offer.Media[at], move) {
			err = ErrFamily
		}
		if err == nil {
			description.Media[at].Formats = usedCodecs(offer.Media[at])
		} else if errors.Is(why, ErrNoMedia) {
			why = err
		}
	}
	if _, ok := description.Leading(); !ok {
		return bridge.Description{}, notAcceptable(why)
	}
	s.negotiation.theirs, s.negotiation.move = offer, move
	return description, nil
}

// choose gives the section of a kind that we take.
func (s *Session) choose(kind transcode.Kind, offered []sdp.Media) (at int, err error) {
	at, err = -1, ErrNoMedia
	for i, media := range offered {
		switch {
		case !usable(kind, media) || len(usedCodecs(media)) == 0:
		case s.protects(media):
			return i, nil
		case media.Encrypted() || s.options.Security.Policy == Required:
			if at < 0 {
				err = ErrProtection
			}
		case at < 0:
			at, err = i, nil
		}
	}
	return at, err
}

// usedCodecs gives the formats of a section that can be used: of audio all, of video those that can cross.
func usedCodecs(media sdp.Media) []transcode.Format {
	if media.Kind() != transcode.Video {
		return media.Codecs()
	}
	return transcode.Crossing(media.Codecs())
}

// usable tells whether a section is of a kind, over RTP.
func usable(kind transcode.Kind, media sdp.Media) bool {
	return kind != 0 && media.Kind() == kind && !media.Refused() && media.RTP()
}

// reaches tells whether our socket can send to the section's address, or to one that ICE may find. One that is no IP
// address may come to be known.
func (s *Session) reaches(media sdp.Media) bool { return reachedFrom(s.options.Bind, media) }

func reachedFrom(bind netip.Addr, media sdp.Media) bool {
	address, ok := media.RTPAddress()
	anyFamily := bind.Is6() && bind.IsUnspecified()
	return !ok || address.Addr().Is4() == bind.Is4() || anyFamily || address.Addr().IsUnspecified() ||
		media.ICE() && isCandidate(media) && hasCandidate(bind, media)
}

// hasCandidate tells whether a section has a candidate of the family of an address.
func hasCandidate(bind netip.Addr, media sdp.Media) bool {
	return slices.ContainsFunc(media.Candidates, func(line string) bool {
		candidate, ok := icefull.ParseCandidate(line)
		return ok && candidate.Address.Addr().Is4() == bind.Is4()
	})
}

// allRefused is the session's description with all sections refused.
func allRefused(session *sdp.Session) bridge.Description {
	description := session.Description()
	for i := range description.Media {
		description.Media[i].Formats = nil
	}
	return description
}

// Answer answers the party's last offer and puts the agreement in force. The first format of each section is taken, of
// audio with a telephone-event of the same clock if one was offered, else of any; one section there must be. An answer
// that changes nothing repeats the last text to the byte. The error is a bridge.Cause: with status 488, or with 503 if
// the party has moved and no ports are free where we would have to go. Then nothing has changed, and the offer can be
// answered in another way.
func (s *Session) Answer(answer bridge.Description) ([]byte, error) {
	n := &s.negotiation
	if n.theirs == nil {
		return nil, notAcceptable(ErrNoOffer)
	}
	if _, wanted := answer.Leading(); !wanted {
		return nil, notAcceptable(ErrNoMedia)
	}
	moved, err := s.follow()
	if err != nil {
		return nil, err
	}
	ours, agreed, text, err := s.answerFrom(answer)
	if err != nil {
		moved.undo()
		return nil, err
	}
	moved.settle()
	for _, offered := range n.theirs.Media {
		n.numbers.learn(offered.Formats)
	}
	n.layout, n.theirs, n.ours, n.move = n.theirs.Media, nil, sections{}, nil
	s.agree(ours, agreed)
	return text, nil
}

// answerFrom makes the text of an answer that names our ports, and what it agrees on.
func (s *Session) answerFrom(answer bridge.Description) (sections, [kinds]*agreement, []byte, error) {
	ours, agreed, err := s.answers(answer)
	if err == nil && ours.empty() {
		err = ErrNoCodec
	}
	if err != nil {
		return ours, agreed, nil, notAcceptable(err)
	}
	text, err := s.print(s.negotiation.theirs.Media, ours)
	return ours, agreed, text, err
}

// answers are our answers to the sections of the party's offer that are wanted, and the agreements that they make.
func (s *Session) answers(answer bridge.Description) (ours sections, agreed [kinds]*agreement, err error) {
	n := &s.negotiation
	for i, offered := range n.theirs.Media {
		kind := offered.Kind()
		if kind == 0 || ours[kind] != nil || i >= len(answer.Media) || answer.Media[i].Refused() || !s.reaches(offered) {
			continue
		}
		if formats := n.answeredFormats(offered, answer.Media[i].Formats); len(formats) > 0 && s.ready(kind) {
			ours[kind] = s.answeringSection(offered, answer.Media[i], formats)
			ours[kind].at = i
			agreed[kind] = s.answeredBy(ours[kind], offered)
			agreed[kind].ice = s.answerICE(ours[kind], offered)
			if err := s.protect(ours[kind], agreed[kind], offered); err != nil {
				return ours, agreed, err
			}
		}
	}
	return ours, agreed, nil
}

// answeringSection is our answer to a section of the party's.
func (s *Session) answeringSection(offered sdp.Media, chosen bridge.MediaDescription, formats []sdp.Format) *section {
	direction := chosen.Direction.And(offered.Flow().Mirror())
	answer := s.section(offered.Kind(), offered.Protocol, direction, chosen.PacketTime, formats)
	answer.MID, answer.RTCPMux = offered.MID, offered.RTCPMux
	answer.Feedback, answer.RTCPReducedSize = feedbackOf(offered).lines(), offered.RTCPReducedSize
	if offered.Kind() == transcode.Audio {
		answer.XR = offered.XR
	}
	if offered.Kind() == transcode.Video {
		answer.Bitrate = chosen.Bitrate
		answer.turn(offered.Extension(transcode.OrientationURI), chosen.Orientation)
		answer.announce(s.streams[transcode.Video], s.cname)
	}
	return answer
}

// answeredBy is the agreement that our answer to a section makes.
func (s *Session) answeredBy(ours *section, offered sdp.Media) *agreement {
	pairs := make([]pair, 0, len(ours.Formats))
	for _, format := range ours.Formats {
		pairs = append(pairs, pair{theirs: format.Format, ours: format.PayloadType})
	}
	agreed := newAgreement(s.streams[ours.Kind()].address(), offered, ours.Direction, pairs)
	agreed.orientation = ours.Extension(transcode.OrientationURI)
	return agreed
}

// answeredFormats gives the chosen codec, with the number it has in the offer, those in which the party may send
// beside it, and its telephone-event.
func (n *negotiation) answeredFormats(offered sdp.Media, chosen []transcode.Format) []sdp.Format {
	formats := chosenFormat(offered, chosen[0])
	if len(formats) == 0 {
		return formats
	}
	for _, format := range chosen[1:] {
		formats = append(formats, chosenFormat(offered, format)...)
	}
	if event, ok := n.answeredEvent(offered, chosen[0]); ok {
		formats = append(formats, sdp.Format{Format: event})
	}
	if noise, ok := noiseOf(offered, chosen[0]); ok {
		formats = append(formats, sdp.Format{Format: noise})
	}
	formats = append(formats, redundancyOf(offered, formats)...)
	if offered.Kind() == transcode.Video {
		formats = append(formats, retransmissionOf(offered, formats[0].Format)...)
	}
	return formats
}

// chosenFormat finds a format in the offer; there is none if it is not offered.
func chosenFormat(offered sdp.Media, chosen transcode.Format) []sdp.Format {
	for _, format := range offered.Codecs() {
		if format.Fits(chosen) && (offered.Kind() == transcode.Audio || format.PayloadType == chosen.PayloadType) {
			format.Parameters = chosen.Parameters
			return []sdp.Format{{Format: format}}
		}
	}
	return nil
}

// noiseOf gives the format of comfort noise (RFC 3389) beside a codec of the same clock, if it is offered under its
// static payload type. We offer it ourselves only if told so: phones would leave out silence that nobody asked them to.
func noiseOf(offered sdp.Media, chosen transcode.Format) (transcode.Format, bool) {
	for _, noise := range offered.ComfortNoise() {
		if noise.PayloadType == comfortNoisePayloadType && chosen.ClockRate == noise.ClockRate {
			return noise, true
		}
	}
	return transcode.Format{}, false
}

// answeredEvent gives the telephone-event of the same clock as the chosen codec, or any.
func (n *negotiation) answeredEvent(offered sdp.Media, chosen transcode.Format) (transcode.Format, bool) {
	events := offered.TelephoneEvents()
	if len(events) == 0 || n.tones {
		return transcode.Format{}, false
	}
	event := events[0]
	for _, candidate := range events {
		if candidate.ClockRate == chosen.ClockRate {
			event = candidate
			break
		}
	}
	event.Parameters = eventParameters
	return event, true
}
