package bridge

import (
	"time"

	"sipbridge/transcode"
)

// longestAnnouncement is when one is given up: after more than its sound may last.
const longestAnnouncement = 3 * time.Minute

// Announcer knows what callers are told by voice.
type Announcer interface {
	// Announcement gives what a caller hears whose call fails, before he gets the status; nil for nothing.
	Announcement(cause Cause) Endpoint
}

// announce plays something to the caller in the place of a callee, and goes on when it has ended. Its leg sends early
// media; one that cannot ends at once.
func (c *call) announce(what Endpoint, goOn func()) {
	offer := c.caller.agreed
	if c.answer == nil {
		var err error
		if offer, err = offerFor(c.request.Offer, c.exchange.options.Policy); err != nil {
			goOn()
			return
		}
	}
	offer = soundOf(offer)
	c.announced = goOn
	c.timer.Reset(longestAnnouncement)
	c.callee.unplug()
	c.callee.retire()
	c.callee.hold(what.Dial(Request{From: c.request.From, To: c.request.To, Offer: &offer}))
	c.exchange.counts.announced.Add(1)
}

// spoken goes on after an announcement. Ringing is told to the caller from now on, who has heard other things so far.
func (c *call) spoken() {
	goOn := c.announced
	c.announced = nil
	c.callee.unplug()
	c.callee.retire()
	c.callee.ended, c.callee.events = true, nil
	c.state = stateDialling
	goOn()
}

// fail ends a call that was not answered; its caller hears why first, if there are words for it. A callee that still
// rings stops at once.
func (c *call) fail(by string, cause Cause) {
	words := c.words(cause)
	if words == nil {
		c.end(by, cause)
		return
	}
	c.noteLegs()
	c.failed = true
	if c.callee.leg != nil && !c.callee.ended {
		c.dismiss(c.callee.leg, cause)
	}
	c.announce(words, func() { c.end(by, cause) })
}

// words gives what a caller hears of a failure; nil if that is nothing. Strangers hear nothing: each of their calls
// would send sound to where they say. Challenges are for programs.
func (c *call) words(cause Cause) Endpoint {
	cause = finalCause(cause)
	switch {
	case c.failed, c.exchange.options.Announcer == nil, c.request.Offer == nil, c.request.Origin == OriginUnknown,
		c.caller.ended, cause.Status == 401, cause.Status == 407, cause.Status == 487:
		return nil
	default:
		return c.exchange.options.Announcer.Announcement(cause)
	}
}

// ringAfter rings targets after what the caller is to hear before, if there is such a thing and he is no stranger. A
// call that begins so has no pictures until one of the parties adds them, because its answer is given before there are
// any.
func (c *call) ringAfter(targets []Target, onward Request) {
	before := targets[0].Before
	silent := before == nil || c.request.Offer == nil || c.request.Origin == OriginUnknown
	if silent || len(soundOf(*onward.Offer).Media) == 0 {
		c.ring(&c.callee, targets, onward)
		return
	}
	*onward.Offer = soundOf(*onward.Offer)
	c.announce(before, func() {
		c.timer.Reset(c.exchange.options.Ring)
		c.ring(&c.callee, targets, onward)
	})
}

// soundOf gives the sound of a description alone; nothing if it has none.
func soundOf(description Description) Description {
	if audio, ok := description.First(transcode.Audio); ok {
		return Description{Media: []MediaDescription{audio}}
	}
	return Description{}
}
