package rtmp

import (
	"strconv"
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode/dtmf"
)

// keyTime is how long a key of a client is held: it says only which.
const keyTime = 160 * time.Millisecond

// endpoint dials one client.
type endpoint struct{ conn *conn }

// Dial rings at the client, at once.
func (e endpoint) Dial(request bridge.Request) bridge.Leg {
	c := e.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	called := newLeg(c, bridge.Party{Name: c.display, URI: request.To}, c.user)
	switch {
	case c.over:
		called.end(bridge.Cause{Status: 480, Text: "Temporarily Unavailable"})
	case !c.words.admits():
		called.end(bridge.Cause{Status: 486, Text: "Busy Here"})
	case request.Offer == nil:
		called.end(notAcceptable())
	default:
		called.offer = *request.Offer
		called.from, called.to = request.From, called.info.Party
		c.calls[called.call] = called
		c.words.called(called)
		called.emit(bridge.Ringing{})
	}
	return called
}

// invite places a call.
func (c *conn) invite(asked command) {
	placed, reason := c.place(asked)
	if reason != "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.callback("rejected", reason)
		return
	}
	c.server.options.Accept(*placed) // without mu: it may hang up at once
}

// place makes the leg of a call, or says why there is none.
func (c *conn) place(asked command) (placed *callerLeg, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to, ok := parseAddress(asked.text(0), c.domain())
	switch {
	case c.active != nil:
		return nil, "Already in an active or pending call"
	case !ok:
		return nil, "invalid dest URI"
	}
	wished := parseWish(asked.words(1))
	if len(wished.formats) == 0 {
		return nil, reasonText(notAcceptable())
	}
	if err := c.mayCall(to); err != nil {
		return nil, reasonText(bridge.CauseOf(err))
	}
	placed = c.newCall(to, wished)
	c.active = placed.leg
	return placed, ""
}

// newCall makes the leg of a call that the client places. The caller holds mu.
func (c *conn) newCall(to address, wished wish) *callerLeg { return c.newCallOf(c.request(to), wished) }

// newCallOf makes the leg of a call with other rights than those of the client's user. The caller holds mu.
func (c *conn) newCallOf(request bridge.Request, wished wish) *callerLeg {
	offer := wished.offer(c.sets)
	request.Offer = &offer
	placed := &callerLeg{leg: newLeg(c, request.From, request.User), request: request}
	placed.info.Origin = request.Origin
	placed.caller, placed.wish = true, wished
	placed.from, placed.to = request.From, bridge.Party{URI: request.To}
	c.calls[placed.call] = placed.leg
	return placed
}

// accept answers the call that rings.
func (c *conn) accept(asked command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	called := c.pending
	if called == nil || c.active != nil {
		return
	}
	answer, ok := called.take(parseWish(asked.words(0)))
	if !ok {
		c.callback("byed")
		called.end(notAcceptable())
		return
	}
	c.pending, c.active = nil, called
	c.callback("accepted", called.wish.acceptedWords(answer)...)
}

// take answers a call to the client, and reports false if there is no codec for it. The caller holds conn.mu.
func (l *leg) take(wished wish) (answer bridge.Description, ok bool) {
	l.wish = wished
	l.media.learnSets(l.offer)
	if answer, ok = wished.answer(l.offer, l.conn.sets); !ok {
		return answer, false
	}
	l.state = stateAnswered
	l.agree(answer)
	l.emit(bridge.Answered{Answer: answer})
	if spoken := wished.spoken(answer); !l.media.agreedOn(spoken) {
		l.proposeLocked(spoken) // it will speak what the caller did not offer
	}
	return answer, true
}

// decline refuses the call that rings.
func (c *conn) decline(asked command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending != nil {
		c.pending.end(parseReason(asked.text(0)))
	}
}

// bye ends the call that the client placed or accepted. The client asked for it, so it is told nothing.
func (c *conn) bye() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active != nil {
		c.active.end(c.active.goodbye())
	}
}

// goodbye is the cause of a leg whose client ends it. The caller holds conn.mu.
func (l *leg) goodbye() bridge.Cause {
	switch {
	case l.state == stateAnswered:
		return bridge.Normal()
	case l.caller:
		return bridge.Cause{Status: 487, Text: "Request Terminated"}
	default:
		return bridge.Cause{Status: 480, Text: "Temporarily Unavailable"}
	}
}

// leave ends what a client that is gone leaves behind.
func (c *conn) leave() {
	if c.publisher != nil {
		c.publisher.leave()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, left := range c.calls {
		left.end(left.goodbye())
	}
	if c.user != "" {
		c.server.leave(c, c.user)
	}
}

// sendDTMF passes a key on. What is not exactly one key is passed over, as siprtmp did.
func (c *conn) sendDTMF(asked command) {
	key := asked.text(0)
	if len(asked.args) > 0 {
		if number, ok := asked.args[0].(float64); ok {
			key = strconv.FormatFloat(number, 'f', -1, 64)
		}
	}
	if len(key) != 1 {
		return
	}
	if _, ok := dtmf.Event(key[0]); !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active != nil {
		c.active.emit(bridge.Pressed{Key: bridge.DTMF{Digit: key[0], Duration: keyTime}})
	}
}

// hold tells the other party that the client holds, or does no more.
func (c *conn) hold(asked command) {
	holding := asked.flag(0)
	c.mu.Lock()
	defer c.mu.Unlock()
	held := c.active
	if held == nil || held.state != stateAnswered || held.holding == holding {
		return
	}
	held.holding = holding
	held.emit(bridge.DirectionChanged{Direction: bridge.NewDirection(true, !holding)})
}
