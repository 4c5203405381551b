package rtmp

import (
	"crypto/rand"

	"sipbridge/bridge"
)

// eventsBuffered is how many events of a leg may wait for its call. The client's commands are limited, so a
// call that lives reads faster.
const eventsBuffered = 64

// legState is how far a leg has come.
type legState uint8

const (
	stateRinging legState = iota
	stateAnswered
	stateEnded
)

// leg is a call of or to a client.
type leg struct {
	conn   *conn
	info   bridge.LegInfo
	media  *media
	events chan bridge.Event
	// caller tells that the client placed the call.
	caller bool
	// call names the call to the client, and in the leg's dialog.
	call string
	// offer is what the client was offered in invited.
	offer bridge.Description

	// ---- guarded by conn.mu ----

	// from and to are the parties of the call.
	from, to bridge.Party
	wish     wish
	state    legState
	// held is what the client was told last by holded.
	held bool
	// holding is what the client said last by hold.
	holding bool
	// transferred hears what becomes of a transfer that the client asked for.
	transferred func(bridge.Cause)
	// untold are the texts of the client of which nobody knows yet what became of them.
	untold []*outcome
	// proposed is the tag of sound that came though another codec is agreed, while the call decides about
	// it, and after it was refused.
	proposed byte
}

func newLeg(c *conn, party bridge.Party, user string) *leg {
	call := newUUID()
	l := &leg{
		call: call, conn: c, events: make(chan bridge.Event, eventsBuffered),
		info: bridge.LegInfo{
			ID: "rtmp-" + rand.Text()[:8], Transport: "RTMP", Party: party, User: user, Origin: bridge.OriginUser,
			Dialog: bridge.DialogID{CallID: call, LocalTag: rand.Text(), RemoteTag: rand.Text()},
		},
	}
	l.media = newMedia(c, l.wantKeyframe)
	return l
}

// callerLeg is a call that a client placed.
type callerLeg struct {
	*leg

	request bridge.Request
}

var (
	_ bridge.Introduced = (*leg)(nil)
	_ bridge.Incoming   = callerLeg{}
)

// Info says who the client is.
func (l *leg) Info() bridge.LegInfo { return l.info }

// Events gives what the client does.
func (l *leg) Events() <-chan bridge.Event { return l.events }

// Media is the leg's sound.
func (l *leg) Media() bridge.Media { return l.media }

// Offer is accepted at once with a codec that the client named; there is nothing to ask it.
func (l *leg) Offer(offer bridge.Description) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	if l.state == stateEnded {
		return
	}
	l.media.learnSets(offer)
	answer, ok := l.wish.answer(offer, l.conn.sets)
	if !ok {
		l.emit(bridge.Refused{Cause: notAcceptable()})
		return
	}
	l.agree(answer)
	l.emit(bridge.Accepted{Answer: answer})
}

// Accept agrees to what the client sends by now.
func (l *leg) Accept(answer bridge.Description) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	l.media.learnSets(answer)
	l.agree(answer)
}

// Refuse leaves the client's new codec unheard.
func (l *leg) Refuse(bridge.Cause) {}

// Introduce tells the client who the other party is, if that is news.
func (l *leg) Introduce(other bridge.ConnectedIdentity) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	if l.state == stateEnded || other.Party == *l.other() {
		return
	}
	*l.other() = other.Party
	l.conn.words.introduced(l, other.Party)
}

// other is the other party of the call. The caller holds conn.mu.
func (l *leg) other() *bridge.Party {
	if l.caller {
		return &l.to
	}
	return &l.from
}

// SetDirection tells the client whether the other party holds.
func (l *leg) SetDirection(direction bridge.Direction) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	held := !direction.Receives()
	if l.state != stateAnswered || held == l.held {
		return
	}
	l.held = held
	l.conn.words.held(l, held)
}

// SendDTMF does nothing: clients know of no such callback, and some close when an unknown one comes.
func (l *leg) SendDTMF(bridge.DTMF) {}

// LimitPictures does nothing, likewise.
func (l *leg) LimitPictures(uint64) {}

// AskKeyframe does nothing: no client can be asked. It sends a full picture as often as it was set to.
func (l *leg) AskKeyframe() {}

// wantKeyframe asks the other party for a full picture. It is called while a picture is written, for which an ending
// leg waits with conn.mu: so it never waits itself, and reports false where it would have to.
func (l *leg) wantKeyframe() bool {
	if !l.conn.mu.TryLock() {
		return false
	}
	defer l.conn.mu.Unlock()
	l.emit(bridge.KeyframeAsked{})
	return true
}

// Refer is refused: clients know of no such callback.
func (l *leg) Refer(bridge.Referral) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	if l.state != stateEnded {
		l.emit(bridge.Referred{Cause: bridge.Cause{Status: 501, Text: "Not Implemented"}})
	}
}

// TransferProgress tells a client that asked for a transfer what became of it.
func (l *leg) TransferProgress(cause bridge.Cause) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	if done := l.transferred; done != nil && cause.Status >= 200 {
		l.transferred = nil
		done(cause)
	}
}

// Hangup ends the leg and tells the client in the word that fits.
func (l *leg) Hangup(cause bridge.Cause) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.state == stateEnded {
		return
	}
	c.words.ended(l, cause)
	l.end(cause)
}

// Request is what the client asked for.
func (l callerLeg) Request() bridge.Request { return l.request }

// Mention does nothing: clients know no headers.
func (callerLeg) Mention([]bridge.Header) {}

// Ring tells the client that the callee rings. Sound that comes already can be heard.
func (l callerLeg) Ring(early *bridge.Description) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.state != stateRinging {
		return
	}
	if early != nil {
		l.media.learnSets(*early)
		l.agree(*early)
	}
	c.words.rings(l.leg, early != nil)
}

// Answer tells the client that its call was accepted, and with which codec.
func (l callerLeg) Answer(answer bridge.Description) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.state != stateRinging {
		return
	}
	l.state = stateAnswered
	l.media.learnSets(answer)
	l.agree(answer)
	c.words.answered(l.leg, answer)
}

// agree puts what was agreed on in force. The caller holds conn.mu.
func (l *leg) agree(answer bridge.Description) {
	l.proposed = 0
	l.media.agree(answer)
	if m := l.conn.conference; m != nil && m.places[l] != nil {
		_ = m.agree(l) // a codec that cannot be mixed leaves the party unheard
	}
}

// emit hands an event to the call, or reports false. It never waits; the last place in the buffer is for Ended. The
// caller holds conn.mu.
func (l *leg) emit(event bridge.Event) (taken bool) {
	if l.state == stateEnded || len(l.events) >= eventsBuffered-1 {
		return false
	}
	l.events <- event
	return true
}

// end ends the leg without a word to the client. The caller holds conn.mu.
func (l *leg) end(cause bridge.Cause) {
	if l.state == stateEnded {
		return
	}
	l.state = stateEnded
	l.events <- bridge.Ended{Cause: cause}
	close(l.events)
	l.media.close()
	delete(l.conn.calls, l.call)
	for _, untold := range l.untold {
		untold.tellLocked(noSuchCall())
	}
	if told := l.transferred; told != nil {
		l.transferred = nil
		told(bridge.Cause{Status: 487, Text: "Request Terminated"})
	}
	other := l.conn.leaveConference(l)
	if l.conn.active == l {
		l.conn.active = nil
		l.conn.playout.clear()
		if other != nil {
			l.conn.words.heardInstead(other)
		}
	}
	if l.conn.pending == l {
		l.conn.pending = nil
	}
}
