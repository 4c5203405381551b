package bridge

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sipbridge/transcode"
)

// callState is how far a call has come.
type callState uint8

const (
	stateDialling callState = iota
	stateRinging
	stateAnswered
)

// String gives the word for the admin page.
func (s callState) String() string {
	switch s {
	case stateRinging:
		return "ringing"
	case stateAnswered:
		return "answered"
	default:
		return "dialling"
	}
}

// Who ended a call, for CallRecord.EndedBy.
const (
	callerSide = "caller"
	calleeSide = "callee"
	bridgeSide = "bridge"
)

// call joins two legs. One goroutine, run, owns everything below the line; others reach it by the mailbox,
// and see it by the snapshot.
type call struct {
	exchange *Exchange
	log      *slog.Logger
	incoming Incoming
	request  Request
	// mailbox takes the legs that want to replace one of ours, asked the calls that want to have one.
	mailbox chan Incoming
	asked   chan *surrenderAsk
	// gone is closed when neither is read any more.
	gone chan struct{}
	// live is the newest snapshot for Exchange.Calls.
	live atomic.Pointer[snapshot]
	// departed waits for the goroutines that read what replaced legs still have to say.
	departed sync.WaitGroup

	// ---- owned by run ----

	caller, callee side
	state          callState
	// answer is the caller's answer. The first one stands, because a browser takes no second one: the 200
	// repeats the 183 to the byte.
	answer *Description
	// timer limits the ringing, and later the whole call.
	timer *time.Timer
	// early are the dialogs of ringing callees that were entered in the Exchange.
	early []DialogID
	// transfer is the one under way, else nil; transfers counts all.
	transfer  *transfer
	transfers int
	// listening looks whether both parties are heard.
	listening listening
	// crossing is an offer of one party that waits for the answer of the other one; nil if there is none.
	crossing *crossing
	// announced goes on after the announcement that the caller hears; nil while he hears none.
	announced func()
	// failed tells that the caller hears, or heard, why his call failed.
	failed bool
	// recorded is how a rule wants the call recorded; recording is nil while it is not.
	recorded  RecordingFormat
	recording Recording
	// over is set once; why is in record.
	over   bool
	record CallRecord
}

func newCall(exchange *Exchange, incoming Incoming, id string) *call {
	info, request := incoming.Info(), incoming.Request()
	if request.Offer != nil {
		offer := only(*request.Offer, info.Codecs)
		request.Offer = &offer
	}
	c := &call{
		exchange: exchange,
		log:      exchange.options.Logger.With("call", id),
		incoming: incoming,
		request:  request,
		mailbox:  make(chan Incoming),
		asked:    make(chan *surrenderAsk),
		gone:     make(chan struct{}),
		caller: side{
			name: callerSide, asked: request.From, private: request.Private, asserted: request.Asserted,
		},
		callee: side{name: calleeSide, asked: Party{URI: request.To}},
		record: CallRecord{
			ID: id, Started: time.Now(),
			Caller: request.From, CallerUser: request.User, CallerTransport: info.Transport,
			Callee: Party{URI: request.To},
		},
	}
	c.caller.hold(incoming)
	c.publish()
	return c
}

// run is the call's life. A panic ends this call with 500 and no other.
func (c *call) run() {
	if !c.exchange.guard(c.log, c.serve) {
		c.end(bridgeSide, Cause{Status: 500, Text: "Server Internal Error"})
	}
	close(c.gone)
	c.exchange.guard(c.log, c.finish)
	c.exchange.remove(c)
	c.exchange.guard(c.log, c.tellEnded)
}

// serve dials and then does what the legs' events ask for, until the call is over. What it needs only once has no place
// on its stack, which each call has for as long as it lasts.
func (c *call) serve() {
	c.timer = time.NewTimer(c.exchange.options.Ring)
	defer c.timer.Stop()
	c.begin()
	for !c.over {
		c.publish()
		select {
		case event, ok := <-c.caller.events:
			c.handle(&c.caller, &c.callee, event, ok)
		case event, ok := <-c.callee.events:
			c.handle(&c.callee, &c.caller, event, ok)
		case event, ok := <-c.transfer.events():
			c.targetDid(event, ok)
		case given := <-c.transfer.gift():
			c.receive(given)
		case <-c.transfer.expired():
			c.targetWasSilent()
		case ask := <-c.asked:
			c.surrender(ask)
		case incoming := <-c.mailbox:
			c.takeOver(incoming)
		case <-c.timer.C:
			c.tooLong()
		case <-c.listening.looks():
			c.listen()
		case <-c.exchange.closing:
			c.serviceEnds()
		}
	}
}

// begin dials.
func (c *call) begin() {
	c.tellStarted()
	if err := c.dial(); err != nil {
		c.fail(bridgeSide, CauseOf(err))
	}
}

// dial asks the Router whom to ring, and rings.
func (c *call) dial() error {
	onward := c.request
	if onward.MaxForwards == 1 {
		return Cause{Status: 483, Text: "Too Many Hops"}
	}
	if onward.MaxForwards > 0 {
		onward.MaxForwards--
	}
	offer, err := offerFor(c.request.Offer, c.exchange.options.Policy)
	if err != nil {
		return err
	}
	onward.Offer = &offer
	targets, err := c.exchange.options.Router.Route(c.request)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return Cause{Status: 480, Text: "Temporarily Unavailable"}
	}
	if leading, ok := offer.Leading(); ok && c.request.Offer != nil {
		c.caller.wish, c.callee.told = leading.Direction, leading.Direction
	}
	c.caller.looks, c.callee.shown = offer.looks(), offer.looks()
	if c.request.Offer != nil {
		audio, _ := c.request.Offer.First(transcode.Audio)
		video, _ := c.request.Offer.First(transcode.Video)
		c.caller.wishes, c.caller.pictures, c.caller.takes = audio.Wishes, video.Formats, video.Bitrate
	}
	c.recorded = recordingOf(targets)
	c.ringAfter(targets, onward)
	return nil
}

// tooLong ends a call that rings or lasts too long. An unanswered caller hears 408, as from a
// proxy whose timer C fires (RFC 3261 section 16.8), whether or not the callee rang.
func (c *call) tooLong() {
	if c.state == stateAnswered {
		c.end(bridgeSide, Cause{Status: 200, Text: "Longest call time reached"})
		return
	}
	c.fail(bridgeSide, Cause{Status: 408, Text: "No answer"})
}

// serviceEnds ends the call because the service ends.
func (c *call) serviceEnds() { c.end(bridgeSide, Cause{Status: 503, Text: "Service Unavailable"}) }

// end makes the call over. The first reason counts.
func (c *call) end(by string, cause Cause) {
	if c.over {
		return
	}
	c.over = true
	c.record.EndedBy, c.record.Cause, c.record.Ended = by, cause, time.Now()
}
