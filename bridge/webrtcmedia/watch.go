package webrtcmedia

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// Why media are lost.
var (
	// ErrNotConnected means that ICE or DTLS did not come up.
	ErrNotConnected = errors.New("webrtcmedia: the connection did not come up")
	// ErrDisconnected means that ICE lost the browser, or that the browser closed the connection.
	ErrDisconnected = errors.New("webrtcmedia: the connection is gone")
	// ErrSilent means that the browser should send and does not.
	ErrSilent = errors.New("webrtcmedia: no media from the browser")
)

// firstReport is when the first one is sent: sooner than all others (RFC 3550 section 6.2).
const firstReport = 1250 * time.Millisecond

// watch is the goroutine of a session that looks after its connection: it lets the Sender send, tells the
// leg of media lost and back, and sends RTCP. It runs from the first agreement until stop.
type watch struct {
	session *Session
	poked   chan struct{} // holds one token: look now
	done    chan struct{}
	running sync.WaitGroup
	started bool // for the leg's goroutine
	sees    bool // for run: pictures are let out

	// mu guards what follows.
	mu        sync.Mutex
	since     time.Time // of the last negotiation
	up        time.Time // when the connection came up after it; zero: it has not
	ever      bool      // the connection was up before or after it
	direction bridge.Direction
	directed  time.Time   // when direction began to hold
	apart     time.Time   // when ICE lost the browser; zero: it has not
	closed    time.Time   // when the browser closed the connection; zero: it has not
	sends     [kinds]bool // which of our streams may be sent
	pace      quality.Session
}

func newWatch(session *Session) *watch {
	return &watch{session: session, poked: make(chan struct{}, 1), done: make(chan struct{})}
}

// start begins to watch; again is nothing.
func (w *watch) start() {
	if w.started {
		w.poke()
		return
	}
	w.started = true
	w.running.Go(w.run)
}

// stop ends the goroutine and waits for it.
func (w *watch) stop() {
	close(w.done)
	w.running.Wait()
}

// poke has the watch look now. It never blocks.
func (w *watch) poke() {
	select {
	case w.poked <- struct{}{}:
	default:
	}
}

// restart tells that the connection is being set up, anew.
func (w *watch) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since, w.up = time.Now(), time.Time{}
}

// setDirections tells what we do. Whether the browser is silent the leading section shows.
func (w *watch) setDirections(agreed agreements) {
	kind, _ := agreed.leading()
	direction := agreed[kind].direction
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range transcode.Kinds() {
		w.sends[kind] = agreed[kind].used() && agreed[kind].direction.Sends()
	}
	w.pace = agreed.pace()
	if direction != w.direction || w.directed.IsZero() {
		w.direction, w.directed = direction, time.Now()
	}
}

func (w *watch) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	lost := false
	reportAt := time.Now().Add(firstReport)
	for {
		select {
		case <-w.done:
			return
		case <-timer.C:
		case <-w.poked:
		}
		now := time.Now()
		next := w.session.options.Connect
		if p := w.session.peer.Load(); p != nil {
			present := w.look(p, now)
			w.open(present)
			p.revoked.Store(present.revoked())
			lost = w.judge(present, lost)
			if present.reaches() && !now.Before(reportAt) {
				reportAt = now.Add(w.report(p, present, now))
			}
			next = present.next(w.session.options, lost, reportAt.Sub(now))
		}
		timer.Reset(next)
	}
}

// report sends one, if that is allowed, and gives the time to the next.
func (w *watch) report(p *peer, present situation, now time.Time) time.Duration {
	pause, allowed := w.session.incoming.reportPause(present)
	if allowed {
		report := w.session.report(now)
		w.session.incoming.passed(report)
		_ = p.writeReports(report) // one that is not sent is like one lost
	}
	return pause
}

// open lets our streams out, if they may be sent. A browser that can see only now needs a full picture.
func (w *watch) open(now situation) {
	connected := now.reaches()
	for _, kind := range transcode.Kinds() {
		w.session.outgoing[kind].sender.SetEnabled(connected && now.sends[kind])
	}
	sees := connected && now.sends[transcode.Video]
	if asked := w.session.options.Events.KeyframeAsked; sees && !w.sees && asked != nil {
		asked()
	}
	w.sees = sees
}

// look takes the situation in.
func (w *watch) look(p *peer, now time.Time) situation {
	state := p.state()
	w.mu.Lock()
	defer w.mu.Unlock()
	if state == stateConnected && w.up.IsZero() {
		w.up, w.ever = now, true
	}
	var unanswered time.Duration
	switch {
	case state != stateDisconnected && state != stateFailed:
		w.apart = time.Time{}
	case w.apart.IsZero():
		w.apart = now
		fallthrough
	default: // ICE waited for so long before
		unanswered = now.Sub(w.apart) + w.session.engine.options.Disconnected
	}
	if state != stateClosed {
		w.closed = time.Time{}
	} else if w.closed.IsZero() {
		w.closed = now
	}
	expected := w.up
	if w.directed.After(expected) {
		expected = w.directed
	}
	return situation{
		state: state, wasUp: !w.up.IsZero(), everUp: w.ever, direction: w.direction, sends: w.sends,
		pace: w.pace, unanswered: unanswered, leaving: state == stateClosed && now.Sub(w.closed) < farewell,
		waiting: now.Sub(w.since), silent: w.session.incoming.quiet(expected, now),
	}
}

// judge tells the leg what has changed.
func (w *watch) judge(now situation, lost bool) bool {
	certain, trouble := now.trouble(w.session.options)
	if !certain || (trouble != nil) == lost {
		return lost
	}
	events := w.session.options.Events
	if trouble == nil {
		w.session.options.Logger.Info("the browser's media are back")
		if events.Back != nil {
			events.Back()
		}
		return false
	}
	if !now.everUp {
		trouble = fmt.Errorf("%w: %w", bridge.ErrNeverConnected, trouble)
	}
	w.session.engine.counts.lost.Add(1)
	w.session.options.Logger.Info("the browser's media are lost", "error", trouble)
	if events.Lost != nil {
		events.Lost(bridge.Cause{Status: 408, Text: "Media Timeout", Err: trouble})
	}
	return true
}

// situation is how a connection stands.
type situation struct {
	state     connectionState
	wasUp     bool // since the last negotiation
	everUp    bool
	direction bridge.Direction
	sends     [kinds]bool
	pace      quality.Session
	// waiting is the time since the last negotiation, silent that without a packet that might have come.
	waiting, silent time.Duration
	// unanswered is the time since the last answer to a check, once ICE has lost the browser.
	unanswered time.Duration
	// leaving tells that the browser has just closed the connection.
	leaving bool
}

// farewell is how long the BYE of a page may take after its connection was closed: pages that hang up do both, and that
// is no loss.
const farewell = 500 * time.Millisecond

// minPause and maxPause bound the time to the next look: a packet that ends a silence tells nobody.
const (
	minPause = time.Millisecond
	maxPause = 2 * time.Second
)

// next gives the time until something may be due: a report, a deadline, or while media are lost their return.
func (s situation) next(options Options, lost bool, report time.Duration) time.Duration {
	due := maxPause
	switch {
	case lost:
		due = maxPause / 4
	case s.state == stateConnected:
		due = min(report, max(options.Timeout-s.silent, options.Timeout/4))
	case s.state == stateConnecting:
		due = options.Connect - s.waiting
	case s.leaving:
		due = farewell / 4
	case s.heardAnyway():
		due = min(report, stillHeard-s.silent, consent-s.unanswered)
	default: // the state tells when it changes
	}
	return max(min(due, maxPause), minPause)
}

const (
	// stillHeard is how long ago a packet of media came that shows that the browser is there.
	stillHeard = 2 * time.Second
	// consent is how long an answer to a check lets us send (RFC 7675 section 5.1).
	consent = 30 * time.Second
)

// revoked tells that nothing may be sent before the browser answers again.
func (s situation) revoked() bool { return s.unanswered >= consent }

// heardAnyway tells that ICE lost the browser, but media still come: then only its checks were lost. That is believed
// as long as its last answer lets us send.
func (s situation) heardAnyway() bool {
	return s.state == stateDisconnected && s.wasUp && s.direction == bridge.SendRecv && s.silent < stillHeard &&
		!s.revoked()
}

// reaches tells whether what we send reaches the browser.
func (s situation) reaches() bool { return s.state == stateConnected || s.heardAnyway() }

// trouble says what is wrong, if anything; certain is false while that is still open.
func (s situation) trouble(options Options) (certain bool, err error) {
	switch s.state {
	case stateConnected:
		if s.direction == bridge.SendRecv && s.silent > options.Timeout {
			return true, ErrSilent
		}
		return true, nil
	case stateConnecting:
		return s.waiting > options.Connect, ErrNotConnected
	default:
		if s.heardAnyway() {
			return true, nil
		}
		if s.wasUp {
			return !s.leaving, ErrDisconnected
		}
		return true, ErrNotConnected
	}
}
