package builtin

import (
	"crypto/rand"
	"sync"

	"sipbridge/bridge"
)

// eventsBuffered is how many events wait for the call. A leg of ours has few.
const eventsBuffered = 8

// leg is what the legs of all built-in numbers share: it does nothing but answer and end.
type leg struct {
	info   bridge.LegInfo
	media  media
	events chan bridge.Event
	// hung is closed by the first Hangup.
	hung chan struct{}

	// mu guards what follows, and sending into events.
	mu    sync.Mutex
	cause *bridge.Cause // of the first Hangup; nil before
	ended bool
}

func newLeg(name string, request bridge.Request) *leg {
	return &leg{
		info: bridge.LegInfo{
			ID: "builtin-" + rand.Text()[:8], Transport: "builtin",
			Party: bridge.Party{Name: name, URI: request.To},
		},
		events: make(chan bridge.Event, eventsBuffered),
		hung:   make(chan struct{}),
	}
}

// Info says what the leg is.
func (l *leg) Info() bridge.LegInfo { return l.info }

// Events gives Answered and Ended.
func (l *leg) Events() <-chan bridge.Event { return l.events }

// Media is the leg's sound.
func (l *leg) Media() bridge.Media { return &l.media }

// Offer is refused: a built-in number keeps its codec.
func (l *leg) Offer(bridge.Description) {
	l.emit(bridge.Refused{Cause: bridge.Cause{Status: 488, Text: "Not Acceptable Here"}})
}

// Accept does nothing: the leg offers nothing.
func (l *leg) Accept(bridge.Description) {}

// Refuse does nothing: the leg asks nothing.
func (l *leg) Refuse(bridge.Cause) {}

// SetDirection does nothing: the call drops the packets of a leg on hold.
func (l *leg) SetDirection(bridge.Direction) {}

// SendDTMF does nothing; the reader of keys has its own.
func (l *leg) SendDTMF(bridge.DTMF) {}

// LimitPictures does nothing, likewise.
func (l *leg) LimitPictures(uint64) {}

// AskKeyframe does nothing: there are no pictures.
func (l *leg) AskKeyframe() {}

// Tell refuses: nobody is there to read it.
func (l *leg) Tell(_ bridge.Message, done func(bridge.Cause)) {
	done(bridge.Cause{Status: 415, Text: "Unsupported Media Type"})
}

// Refer is refused: a built-in number calls nobody.
func (l *leg) Refer(bridge.Referral) {
	l.emit(bridge.Referred{Cause: bridge.Cause{Status: 501, Text: "Not Implemented"}})
}

// TransferProgress does nothing: the leg asks for no transfer.
func (l *leg) TransferProgress(bridge.Cause) {}

// Hangup ends the leg. Whoever made it emits Ended when hung is closed.
func (l *leg) Hangup(cause bridge.Cause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == nil {
		l.cause = &cause
		close(l.hung)
	}
}

// emit hands an event to the call. It never waits; the last place in the buffer is for Ended.
func (l *leg) emit(event bridge.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended && len(l.events) < eventsBuffered-1 {
		l.events <- event
	}
}

// end emits Ended, once.
func (l *leg) end(cause bridge.Cause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	if l.cause != nil {
		cause = *l.cause
	}
	l.events <- bridge.Ended{Cause: cause}
	close(l.events)
}
