package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"sipbridge/test/load/callee"
	"sipbridge/test/load/caller"
	"sipbridge/test/load/sound"
	"sipbridge/test/load/stream"
)

// call is one call from a browser to a phone: both parties, and what is known of it.
type call struct {
	caller  *caller.Caller
	peer    *caller.Peer
	line    *callee.Line // nil until the phone was called
	ways    ways
	fault   error // why it failed
	invited caller.Invited
	// connected is when DTLS was up.
	connected time.Time

	toPhone, toBrowser stream.Counts // of the window
	flowing            flowing
}

// flowing is when the first packet came to each party.
type flowing struct{ phone, browser time.Time }

// ways are the two directions of a call.
type ways struct {
	toPhone, toBrowser sound.Way
}

// newWays makes the directions of one call from what the phone plays; what the browser plays is known when it is
// answered.
func newWays(m mode, phone [][]byte) (ways, error) {
	if m == relay {
		return ways{toPhone: sound.NewStamped(nil), toBrowser: sound.NewStamped(phone)}, nil
	}
	toPhone, err := sound.NewHeard(nil, sound.PCMU)
	if err != nil {
		return ways{}, err
	}
	toBrowser, err := sound.NewHeard(phone, m.browserCodec())
	return ways{toPhone: toPhone, toBrowser: toBrowser}, err
}

// newCall connects and registers a browser that is ready to call.
func newCall(ctx context.Context, m mode, number int, web string, w ways) (*call, error) {
	peer, err := caller.NewPeer(m.browserCodec(), w.toPhone, w.toBrowser)
	if err != nil {
		return nil, err
	}
	connection, err := caller.Dial(ctx, caller.Options{
		URL: "ws://" + web + "/ws", Origin: "http://" + web,
		User: userPrefix + strconv.Itoa(number), Domain: domain, Password: password,
	})
	if err != nil {
		return nil, errors.Join(err, peer.Close())
	}
	c := &call{caller: connection, peer: peer, ways: w}
	if err := connection.Register(ctx); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// again makes the next call of the same browser, whose last one has ended.
func (c *call) again(m mode, w ways) (*call, error) {
	peer, err := caller.NewPeer(m.browserCodec(), w.toPhone, w.toBrowser)
	if err != nil {
		return nil, err
	}
	return &call{caller: c.caller, peer: peer, ways: w}, nil
}

// place calls the user, waits until the media is up, and plays what the answer asks for. The phone's side is there when
// the answer is.
func (c *call) place(ctx context.Context, user string, phone *callee.Phone, browser *sound.Library) {
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.invited, c.fault = c.caller.Invite(ctx, "sip:"+user+"@"+domain, c.peer.Offer())
	if c.fault != nil {
		return
	}
	c.line = phone.Line(user)
	c.connected, c.fault = c.peer.Accept(ctx, c.invited.Answer)
	if c.fault != nil {
		return
	}
	var packets [][]byte
	packets, c.fault = browser.Loop(sound.QualityFor(c.invited.Answer))
	c.ways.toPhone.Play(packets)
	c.peer.Start()
}

var errSilent = errors.New("nothing was heard in a direction")

// check finds out, after the window, whether the call lasted.
func (c *call) check() {
	switch {
	case c.fault != nil:
	case c.caller.HungUp():
		c.fault = errors.New("the service ended the call")
	case c.toPhone.Received == 0 || c.toBrowser.Received == 0:
		c.fault = fmt.Errorf("%w: %d packets came to the phone and %d to the browser",
			errSilent, c.toPhone.Received, c.toBrowser.Received)
	}
}

func (c *call) openMeters() {
	if c.fault == nil {
		c.line.Meter.Open()
		c.peer.Meter.Open()
	}
}

func (c *call) closeMeters() {
	if c.fault == nil {
		c.toPhone, c.toBrowser = c.line.Meter.Close(), c.peer.Meter.Close()
		c.flowing = flowing{phone: c.line.Meter.First(), browser: c.peer.Meter.First()}
	}
}

// hangup ends a call that is up.
func (c *call) hangup(ctx context.Context) {
	if c.fault == nil {
		c.fault = c.caller.Hangup(ctx)
	}
}

func (c *call) close() error {
	c.caller.Close()
	return c.peer.Close()
}
