package live

import (
	"crypto/rand"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// eventsBuffered is how many events of a leg may wait for its call. A stream has few to tell.
const eventsBuffered = 16

// leg is somebody who hears a stream.
type leg struct {
	stream *Stream
	info   bridge.LegInfo
	media  *media
	events chan bridge.Event
	// ended is told of the end; nil if nobody wants to know.
	ended func(bridge.Cause)

	// ---- guarded by stream.mu ----

	answered, over bool
	// proposed is what was offered because it is sent though something else was agreed.
	proposed bridge.Description
}

// newLeg makes a leg of a stream.
func newLeg(s *Stream) *leg {
	return &leg{
		stream: s, media: newMedia(), events: make(chan bridge.Event, eventsBuffered),
		info: bridge.LegInfo{
			ID: "live-" + rand.Text()[:8], Transport: s.options.Transport, Party: s.options.Party,
			Origin: s.options.Origin, User: s.options.User,
		},
	}
}

// callerLeg is the call that a stream places.
type callerLeg struct {
	*leg

	request bridge.Request
}

var (
	_ bridge.Leg      = (*leg)(nil)
	_ bridge.Incoming = callerLeg{}
)

// Info says who publishes.
func (l *leg) Info() bridge.LegInfo { return l.info }

// Events tells what becomes of the leg.
func (l *leg) Events() <-chan bridge.Event { return l.events }

// Media is what the stream says.
func (l *leg) Media() bridge.Media { return l.media }

// answer accepts a call to the stream, with what is said if that is offered. The caller holds stream.mu.
func (l *leg) answer(offer bridge.Description) {
	answer, ok := l.choose(offer)
	if !ok {
		l.end(notAcceptable())
		return
	}
	l.answered = true
	l.agree(answer)
	l.emit(bridge.Answered{Answer: answer})
	l.propose()
}

// choose gives the answer to an offer: what is sent of each kind; of sound, if that is not offered or nothing was said
// yet, the first of the offer. The caller holds stream.mu.
func (l *leg) choose(offer bridge.Description) (bridge.Description, bool) {
	answer := bridge.Description{Media: make([]bridge.MediaDescription, len(offer.Media))}
	answered := map[transcode.Kind]bool{}
	for i, section := range offer.Media {
		answer.Media[i] = bridge.MediaDescription{Kind: section.Kind, Direction: bridge.Inactive}
		format, ok := l.chooseFormat(section)
		if answered[section.Kind] || !ok {
			continue
		}
		answered[section.Kind] = true
		answer.Media[i].Formats = []transcode.Format{format}
		answer.Media[i].Direction = section.Direction.Mirror()
		answer.Media[i].PacketTime = section.PacketTime
	}
	return answer, len(answered) > 0
}

func (l *leg) chooseFormat(section bridge.MediaDescription) (transcode.Format, bool) {
	for _, sent := range l.stream.said[section.Kind] {
		for _, offered := range section.Formats {
			switch {
			case !offered.Fits(sent):
			case section.Kind == transcode.Video:
				return offered.Answering(sent), true
			default:
				return offered, true
			}
		}
	}
	if section.Kind != transcode.Audio || section.Refused() {
		return transcode.Format{}, false
	}
	return section.Formats[0], true
}

// propose offers the call what is sent if something else was agreed: once. The caller holds stream.mu.
func (l *leg) propose() {
	offer := l.media.wanted(l.stream.description())
	if !l.answered || l.media.takes(offer) || l.proposed.SameMedia(offer) {
		return
	}
	if _, said := offer.First(transcode.Audio); !said && l.media.hears() {
		return // the sound that was agreed on may still be said
	}
	l.proposed = offer
	l.emit(bridge.Offered{Offer: offer})
}

// Offer is accepted if there is something in it that the stream may send.
func (l *leg) Offer(offer bridge.Description) {
	l.stream.mu.Lock()
	defer l.stream.mu.Unlock()
	answer, ok := l.choose(offer)
	if !ok {
		l.emit(bridge.Refused{Cause: notAcceptable()})
		return
	}
	l.agree(answer)
	l.emit(bridge.Accepted{Answer: answer})
}

// Accept agrees to what was offered.
func (l *leg) Accept(answer bridge.Description) {
	l.stream.mu.Lock()
	defer l.stream.mu.Unlock()
	l.agree(answer)
}

// agree puts a description in force. The caller holds stream.mu.
func (l *leg) agree(answer bridge.Description) {
	l.media.agree(answer, l.stream.said)
}

// Refuse leaves the party without what is said.
func (l *leg) Refuse(bridge.Cause) {}

// SetDirection does nothing: a stream waits for nobody.
func (l *leg) SetDirection(bridge.Direction) {}

// SendDTMF does nothing: nobody there would notice.
func (l *leg) SendDTMF(bridge.DTMF) {}

// LimitPictures does nothing, likewise.
func (l *leg) LimitPictures(uint64) {}

// AskKeyframe does nothing: publishers cannot be asked. They send full pictures as often as they were set to.
func (l *leg) AskKeyframe() {}

// Tell refuses: nobody there reads.
func (l *leg) Tell(_ bridge.Message, done func(bridge.Cause)) {
	done(bridge.Cause{Status: 415, Text: "Unsupported Media Type"})
}

// Refer is refused: a stream calls nobody on request.
func (l *leg) Refer(bridge.Referral) {
	l.stream.mu.Lock()
	defer l.stream.mu.Unlock()
	l.emit(bridge.Referred{Cause: bridge.Cause{Status: 501, Text: "Not Implemented"}})
}

// TransferProgress does nothing: a stream asks for no transfer.
func (l *leg) TransferProgress(bridge.Cause) {}

// Hangup ends the leg, and tells who wants to know.
func (l *leg) Hangup(cause bridge.Cause) {
	l.stream.mu.Lock()
	first := !l.over
	l.end(cause)
	l.stream.mu.Unlock()
	if first && l.ended != nil {
		l.ended(cause)
	}
}

// Request is what the stream asks for.
func (l callerLeg) Request() bridge.Request { return l.request }

// Mention does nothing: a stream has no headers.
func (callerLeg) Mention([]bridge.Header) {}

// Ring lets the callee hear before he answers, if he can.
func (l callerLeg) Ring(early *bridge.Description) {
	if early != nil {
		l.Accept(*early)
	}
}

// Answer lets the callee hear.
func (l callerLeg) Answer(answer bridge.Description) {
	l.stream.mu.Lock()
	defer l.stream.mu.Unlock()
	l.answered = true
	l.agree(answer)
	l.propose() // what was announced while it rang
}

// emit hands an event to the call. It never waits; the last place in the buffer is for Ended. The caller holds
// stream.mu.
func (l *leg) emit(event bridge.Event) {
	if !l.over && len(l.events) < eventsBuffered-1 {
		l.events <- event
	}
}

// end ends the leg. The caller holds stream.mu.
func (l *leg) end(cause bridge.Cause) {
	if l.over {
		return
	}
	l.over = true
	delete(l.stream.legs, l)
	l.events <- bridge.Ended{Cause: cause}
	close(l.events)
	l.media.close()
}
