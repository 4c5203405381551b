package sipua

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/sessiontimer"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// legState is how far a leg has come.
type legState uint8

const (
	// stateSetup: the INVITE has no final response yet.
	stateSetup legState = iota
	// stateAnswered: we sent 200 and wait for the ACK.
	stateAnswered
	// stateConfirmed: the dialog is up.
	stateConfirmed
	// stateOver: Ended was emitted; transactions may still be finishing.
	stateOver
)

// leg is one SIP party of a call: a dialog joined to a media session. Its goroutine owns everything
// below the blank line; commands of the call, requests of the party, responses and media events reach it
// through the mailbox. It is the same type for a browser and for a phone.
//
//	setup --200 sent--> answered --ACK--> confirmed --BYE either way--> over
//	setup --200 received, ACK sent------> confirmed
//	setup --failure, CANCEL-----------------------------------------> over
type leg struct {
	agent    *Agent
	id       string
	log      *slog.Logger
	incoming bool
	events   chan bridge.Event
	mailbox  *mailbox
	asked    bridge.Request // what an incoming party asked for; constant after begin
	// trunk is the one that the party is reached by; nil for none. release gives back its place in the dialing limits.
	trunk   *trunk.Trunk
	release func()
	// answers makes what the party's server asks for; nil for nothing.
	answers answerer
	// invitedAs has the credentials of our INVITE.
	invitedAs invitedAs
	// trusted parties, servers that we are configured to use, may move the dialog to other addresses.
	trusted bool
	// queued counts requests of the party that wait in the mailbox.
	queued atomic.Int32

	state  legState
	flow   transport.Flow
	dialog *dialog.Dialog
	// gone is the flow's Done channel while we care for it.
	gone <-chan struct{}

	// invite is the party's INVITE while it has no final response, and for the ACK after 200.
	invite *transaction.Server
	// calling is our INVITE while it has no final response.
	calling *callingInvite
	// fixedAnswer is the SDP already sent in a 183: the 200 repeats it to the byte.
	fixedAnswer []byte

	// offers is the offer/answer state of the running dialog.
	offers offerState
	// agreed is what was last agreed with the party.
	agreed bridge.Description
	// told is what the call heard the party do; wanted is what the bridge wants to do toward the party.
	told   toldDirection
	wanted bridge.Direction
	// pictures is what the party said last of its video; fullPictures is what became of asking by INFO for full ones.
	pictures     pictures
	fullPictures fullPictures

	// resend repeats our 200 until the ACK comes to the INVITE with the CSeq number unacknowledged.
	resend         *resender
	unacknowledged uint32
	// reliable sends provisional responses to a caller that acknowledges them.
	reliable reliableProvisionals

	session *sessiontimer.Timer
	// byePending holds a hang-up back until the ACK to our 200 is in.
	byePending *bridge.Cause
	// referral is the party's REFER until the end of the transfer was told.
	referral *subscription
	// referring tells that the party was asked by REFER to call somebody, and has not told yet what became of it.
	referring bool
	// introductions is what the party is told of who the other one is.
	introductions introductions
	// parkTimer runs while the party's media are lost on a transport that may come back.
	parkTimer *time.Timer
	parked    bool
	lost      bridge.Cause // why it is parked
	// mentioned crosses with the next response to the caller.
	mentioned []bridge.Header
	// spoken is what the party said and the other one has not answered yet.
	spoken []*transaction.Server
	// pending counts what the goroutine waits for: transactions, and the look-up of an address.
	pending int
	// open are our requests without a final response.
	open map[*sentRequest]struct{}
	// invites are transactions that outlive the leg.
	invites []interface{ Forget() }
	linger  *time.Timer
	gave    bool // the goroutine may end although transactions are pending

	infoMu sync.Mutex
	info   bridge.LegInfo // guarded by infoMu
	// media is set once, when the flow is known, by the leg's goroutine and under infoMu.
	media MediaSession
	at    transport.Flow // guarded by infoMu: the flow, for other goroutines
	hosts []netip.Addr   // guarded by infoMu: where the party says that it is
}

var _ bridge.Incoming = (*leg)(nil)

// eventQueue is how many events may wait for the call; one more place is for Ended.
const eventQueue = 64

// start runs the leg's goroutine; first is the first thing it does.
func (l *leg) start(first func()) {
	l.mailbox.post(first)
	if !l.agent.crew.start(l.run) {
		l.end(message.CauseOfError(transaction.ErrClosed))
		l.finish()
	}
}

// run is the leg's goroutine.
func (l *leg) run() {
	defer l.finish()
	for {
		select {
		case <-l.mailbox.ready:
			for _, work := range l.mailbox.take() {
				l.guard(work)
			}
		case <-l.gone:
			l.gone = nil
			l.guard(l.flowLost)
		case <-l.agent.closing:
			l.guard(func() { l.shutDown(bridge.Cause{Status: 503, Text: "Shutting down"}) })
			return
		}
		if l.state == stateOver && (!l.isAwaited() || l.gave) {
			return
		}
	}
}

// isAwaited tells whether something of an ended leg is still to come: answers, or reports to a party that hung up.
func (l *leg) isAwaited() bool { return l.pending > 0 || l.referral != nil }

// guard runs one piece of work; a panic ends this leg and no other (faults: F23).
func (l *leg) guard(work func()) {
	defer func() {
		if failure := recover(); failure != nil {
			l.agent.panicked("panic in a leg", failure)
			l.end(bridge.Cause{Status: 500, Text: message.Phrase(500), Err: fmt.Errorf("panic: %v", failure)})
		}
	}()
	work()
}

// finish frees what the leg holds. What came too late is still done: requests among it get their 481.
func (l *leg) finish() {
	l.end(bridge.Cause{Status: 500, Text: message.Phrase(500)})
	for _, work := range l.mailbox.close() {
		l.guard(work)
	}
	l.sendAllHeld()
	l.stopTimers()
	for transaction := range l.open {
		transaction.Abandon()
	}
	for _, transaction := range l.invites {
		transaction.Forget()
	}
	l.agent.dialogs.remove(l)
}

func (l *leg) stopTimers() {
	l.resend.stop()
	l.reliable.resend.stop()
	l.session.Stop()
	for _, timer := range []*time.Timer{l.parkTimer, l.linger} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// closeMedia contains a panic of the media, since it also runs while one is dealt with.
func (l *leg) closeMedia() {
	defer func() {
		if failure := recover(); failure != nil {
			l.agent.panicked("panic while media close", failure)
		}
	}()
	if err := l.media.Close(); err != nil {
		l.log.Debug("media close", "error", err)
	}
}

// after runs work in the leg's goroutine when the time has passed.
func (l *leg) after(delay time.Duration, work func()) *time.Timer {
	return l.agent.after(delay, func() { l.mailbox.post(work) })
}

// emit tells the call, and never waits for it. The call reads all the time; if it does not, a key or a picture more
// or less does no harm, but a leg that could not tell all else would be in another state than the call thinks.
func (l *leg) emit(event bridge.Event) {
	if l.state == stateOver {
		return
	}
	switch event.(type) {
	case bridge.Ringing:
		l.tellWatchers(presence.Early)
	case bridge.Answered:
		l.tellWatchers(presence.Confirmed)
	}
	if len(l.events) < eventQueue { // nobody else writes
		l.events <- event
		return
	}
	l.agent.stats.unheard.Add(1)
	switch event := event.(type) {
	case bridge.Pressed, bridge.KeyframeAsked, bridge.RateAsked:
	case bridge.Told:
		event.Done(bridge.Cause{Status: 503})
	default:
		l.fail(bridge.Cause{Status: 500, Text: message.Phrase(500), Err: errUnheard})
	}
}

// end is the one way into stateOver: the call hears Ended once, media stop, and no request stays without an answer.
func (l *leg) end(cause bridge.Cause) {
	if l.state == stateOver {
		return
	}
	l.state = stateOver
	l.tellWatchers(presence.Terminated)
	l.free()
	l.answerAll(cause)
	l.events <- bridge.Ended{Cause: cause} // the last place is kept for it
	close(l.events)
	l.stopTimers()
	l.closeMedia()
	switch gives := func() { l.gave = true }; {
	case l.referral != nil:
		l.linger = l.after(referExpires*time.Second, gives)
	case l.pending > 0:
		l.linger = l.after(transaction.Timeout, gives)
	}
}

// free gives back what the leg has of the dialing limits.
func (l *leg) free() {
	if l.release != nil {
		l.release()
	}
}

// answerAll answers what the party still asks.
func (l *leg) answerAll(cause bridge.Cause) {
	if l.incoming && l.invite != nil {
		l.finalResponse(cause)
	}
	if l.offers.in != nil && !l.offers.in.Answered() {
		l.offers.in.Respond(487, "")
	}
	if l.referral != nil && !l.referral.accepted {
		l.referral.refer.Respond(487, "")
	}
	for _, open := range l.spoken {
		if !open.Answered() {
			open.Respond(487, "")
		}
	}
	l.offers.in, l.spoken = nil, nil
	if l.referral != nil && !l.referral.outlives {
		l.referral = nil
	}
}

// Info says what is known of the leg.
func (l *leg) Info() bridge.LegInfo {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	return l.info
}

// describe refreshes the snapshot that Info gives.
func (l *leg) describe() {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	if l.flow != nil {
		l.info.Transport = l.flow.Transport()
		l.at = l.flow
	}
	if l.dialog != nil {
		l.info.Dialog = l.dialog.ID()
		l.hosts = l.partyAddresses()
	}
}

// party says whose requests may belong to the leg's dialog; any goroutine may ask.
func (l *leg) party() identity.Party {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	return identity.Party{Flow: l.at, User: l.info.User, Trusted: l.trusted, Hosts: l.hosts}
}

// place gives the flow of the leg's party and its account; any goroutine may ask.
func (l *leg) place() (flow transport.Flow, user string) {
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	return l.at, l.info.User
}

// inboxLimit bounds the messages of one party that wait for their leg.
const inboxLimit = 32

// enqueue posts what a message of the party asks for. If it cannot, it gives the cause: too much waits, or the leg
// is gone.
func (l *leg) enqueue(work func()) *bridge.Cause {
	if l.queued.Add(1) > inboxLimit {
		l.queued.Add(-1)
		return &bridge.Cause{
			Status: 503, Text: "Too Many Requests", Headers: []bridge.Header{{Name: "Retry-After", Value: "2"}},
		}
	}
	posted := l.mailbox.post(func() {
		l.queued.Add(-1)
		work()
	})
	if !posted {
		return &bridge.Cause{Status: 481}
	}
	return nil
}
