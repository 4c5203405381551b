package bridge

import (
	"context"
	"crypto/rand"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"sipbridge/transcode"
)

// retryAfter is the number of seconds after which a caller that was refused may try again; by then another
// instance has taken the place of one that drains.
const retryAfter = "10"

// strangersAtOnce is how many unanswered calls of strangers are told in the log at once; in the long run it is one a
// second.
const strangersAtOnce = 20

// terminatedDialogs is how many dialogs are known to have ended.
const terminatedDialogs = 256

// mostStack bounds what the log gets of the stack of a panic, in bytes.
const mostStack = 1500

// Exchange makes a call of each incoming leg, and knows all calls. Its methods may be called from any goroutine.
type Exchange struct {
	options ExchangeOptions
	counts  exchangeCounts
	// strangers bounds the log lines about unanswered calls of strangers.
	strangers *rate.Limiter
	// closing is closed when all calls are to end.
	closing chan struct{}
	// workspaces are of all pipes.
	workspaces transcode.Workspaces
	// work counts all goroutines of the Exchange and its calls. They are added under mu, while not closed.
	work sync.WaitGroup

	// mu guards what follows. It is never held across a command to a leg.
	mu      sync.Mutex
	calls   map[*call]struct{}
	dialogs map[DialogID]*call
	// terminated are the last dialogs that ended; the oldest is overwritten next.
	terminated [terminatedDialogs]DialogID
	oldest     int
	// draining refuses new calls; empty is closed when the last one has ended then.
	draining bool
	empty    chan struct{}
	// closed refuses everything, because Run waits for work.
	closed bool
}

// NewExchange makes an Exchange. It makes calls at once; Run ends them.
func NewExchange(options ExchangeOptions) *Exchange {
	return &Exchange{
		options:   options.withDefaults(),
		strangers: rate.NewLimiter(1, strangersAtOnce),
		closing:   make(chan struct{}),
		calls:     make(map[*call]struct{}),
		dialogs:   make(map[DialogID]*call),
		empty:     make(chan struct{}),
	}
}

// Run waits until ctx is done, ends all calls with 503 and returns nil when all goroutines of all calls are gone; that
// takes at most a few seconds. It is called once. To let calls finish first, Drain before ctx is done.
func (x *Exchange) Run(ctx context.Context) error {
	<-ctx.Done()
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	close(x.closing)
	x.work.Wait()
	return nil
}

// Accept makes a call of a leg that waits for its answer. It does not block. A call that cannot be made is
// refused through the leg. If the request replaces a dialog of a running call, the leg takes its place
// there (RFC 3891).
func (x *Exchange) Accept(incoming Incoming) {
	if cause := x.admit(incoming); cause != nil {
		x.counts.refused.Add(1)
		incoming.Hangup(*cause)
		// After Run nobody hears the leg out: whoever closed the Exchange closes the legs' Endpoint too.
		x.spawn(func() { x.hearOut(incoming) })
	}
}

// admit starts the call, or gives the cause of refusal.
func (x *Exchange) admit(incoming Incoming) *Cause {
	request := incoming.Request()
	if request.Replaces != nil {
		if !x.spawn(func() { x.claim(incoming, *request.Replaces) }) {
			return unavailable("shut down")
		}
		return nil
	}
	c := newCall(x, incoming, rand.Text()[:12])
	x.mu.Lock()
	defer x.mu.Unlock()
	if cause := x.refusal(request); cause != nil {
		return cause
	}
	x.calls[c] = struct{}{}
	x.counts.started.Add(1)
	x.work.Go(c.run)
	return nil
}

// refusal says why no call can be made of a request now, or nil. The caller holds mu.
func (x *Exchange) refusal(request Request) *Cause {
	switch {
	case x.closed, x.draining:
		return unavailable("shutting down")
	case len(x.calls) >= x.options.MaxCalls:
		return unavailable("too many calls")
	case request.User != "" && x.placedByUser(request.User)+x.options.Passing(request.User) >= x.options.MaxUserCalls:
		return unavailable("too many calls of this user")
	case request.Origin == OriginUnknown && x.placedByStrangers() >= x.options.MaxStrangerCalls:
		return unavailable("too many calls of strangers")
	default:
		return nil
	}
}

// MayPlace tells whether a user who has so many calls that are none of the Exchange may place one more.
func (x *Exchange) MayPlace(user string, passing int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.placedByUser(user)+passing < x.options.MaxUserCalls
}

// placedByUser counts the calls that a user placed. The caller holds mu.
func (x *Exchange) placedByUser(user string) int {
	return x.count(func(request Request) bool { return request.User == user })
}

// placedByStrangers counts the calls of callers of whom nothing is known. The caller holds mu.
func (x *Exchange) placedByStrangers() int {
	return x.count(func(request Request) bool { return request.Origin == OriginUnknown })
}

// count counts the calls whose request is as asked for. The caller holds mu.
func (x *Exchange) count(as func(Request) bool) int {
	count := 0
	for c := range x.calls {
		if as(c.request) {
			count++
		}
	}
	return count
}

func unavailable(why errUnavailable) *Cause {
	return &Cause{
		Status: 503, Text: "Service Unavailable",
		Headers: []Header{{Name: "Retry-After", Value: retryAfter}},
		Err:     why,
	}
}

// errUnavailable says why no call is taken.
type errUnavailable string

func (e errUnavailable) Error() string { return string(e) }

// claim hands a leg to the call whose dialog it replaces, or refuses it.
func (x *Exchange) claim(incoming Incoming, replaces DialogID) {
	x.mu.Lock()
	c := x.dialogs[replaces]
	x.mu.Unlock()
	if c != nil {
		select {
		case c.mailbox <- incoming:
			return
		case <-c.gone:
		}
	}
	incoming.Hangup(x.noDialog(replaces))
	x.hearOut(incoming)
}

// replaced finds the call with the dialog that a referral replaces. It gives nil and true if it was one of ours that
// has ended.
func (x *Exchange) replaced(dialog *DialogID) (c *call, ours bool) {
	if dialog == nil {
		return nil, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, named := range [2]DialogID{*dialog, dialog.Reversed()} {
		if c := x.dialogs[named]; c != nil {
			return c, true
		}
		ours = ours || slices.Contains(x.terminated[:], named)
	}
	return nil, ours
}

// noDialog is the cause of refusal of a request to replace a dialog that is not there: it may just have ended
// (RFC 3891 section 3).
func (x *Exchange) noDialog(dialog DialogID) Cause {
	x.mu.Lock()
	defer x.mu.Unlock()
	if dialog != (DialogID{}) && slices.Contains(x.terminated[:], dialog) {
		return Cause{Status: 603, Text: "Decline"}
	}
	return noSuchDialog()
}

func noSuchDialog() Cause { return Cause{Status: 481, Text: "Call/Transaction Does Not Exist"} }

// Drain refuses new calls from now on, with 503 and Retry-After. The channel that it gives is closed when
// no call is left.
func (x *Exchange) Drain() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.draining {
		x.draining = true
		x.closeIfEmpty()
	}
	return x.empty
}

// closeIfEmpty tells those that wait for Drain when the last call is gone. The caller holds mu.
func (x *Exchange) closeIfEmpty() {
	if x.draining && len(x.calls) == 0 {
		close(x.empty)
	}
}

// remove forgets a call that is over.
func (x *Exchange) remove(c *call) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.calls, c)
	for _, dialog := range append(c.early, c.caller.dialog, c.callee.dialog) {
		x.forget(dialog, c)
	}
	x.closeIfEmpty()
}

// enter notes that a dialog belongs to a call, in place of another one.
func (x *Exchange) enter(c *call, old, dialog DialogID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(old, c)
	if dialog != (DialogID{}) && x.dialogs[dialog] == nil {
		x.dialogs[dialog] = c
	}
}

// forget drops a dialog of a call. The caller holds mu.
func (x *Exchange) forget(dialog DialogID, c *call) {
	if x.dialogs[dialog] == c {
		delete(x.dialogs, dialog)
		x.terminated[x.oldest] = dialog
		x.oldest = (x.oldest + 1) % terminatedDialogs
	}
}

// spawn runs work in a goroutine that Run waits for, and reports false if Run does so already.
func (x *Exchange) spawn(work func()) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return false
	}
	x.work.Go(func() { x.guard(x.options.Logger, work) })
	return true
}

// guard does work and turns a panic into a log line and a count. It reports whether there was none.
func (x *Exchange) guard(log *slog.Logger, work func()) (ok bool) {
	defer func() {
		if reason := recover(); reason != nil {
			x.counts.panics.Add(1)
			stack := debug.Stack()
			log.Error("panic in a call", "reason", reason, "stack", string(stack[:min(len(stack), mostStack)]))
		}
	}()
	work()
	return true
}

// hearOut reads what a leg that was hung up still has to say, for a bounded time.
func (x *Exchange) hearOut(leg Leg) {
	patience := x.newPatience()
	patience.start()
	defer patience.stop()
	for {
		select {
		case event, ok := <-leg.Events():
			if _, ended := event.(Ended); ended || !ok {
				return
			}
		case <-patience.closing:
			patience.hurry()
		case <-patience.over:
			x.counts.abandoned.Add(1)
			return
		}
	}
}
