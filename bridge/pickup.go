package bridge

import "sipbridge/transcode"

// takeRinging lets an incoming leg answer a call in the place of the callee that rings (RFC 3891 section 3): a
// user picks up at one device what rings at another.
func (c *call) takeRinging(incoming Incoming) {
	request := incoming.Request()
	answer, err := c.answerPickUp(request)
	if err != nil {
		c.dismiss(incoming, CauseOf(err))
		return
	}
	old := c.callee.leg
	c.callee.unplug()
	c.callee.retire()
	c.callee.hold(incoming)
	c.callee.agreed, c.callee.wish = answer, SendRecv
	if audio, ok := answer.First(transcode.Audio); ok {
		c.callee.told = audio.Direction
	}
	if audio, ok := request.Offer.First(transcode.Audio); ok {
		c.callee.heard(audio.Direction)
	}
	c.establish()
	c.dismiss(old, CompletedElsewhere())
	if c.over {
		return
	}
	incoming.Answer(answer)
	c.exchange.counts.takeovers.Add(1)
	c.log.Info("call picked up at another device", "leg", incoming.Info().ID)
}

// answerPickUp gives the answer to the new leg, or the cause of its refusal. A caller's own early dialog is not ours to
// replace: only a dialog that we began is.
func (c *call) answerPickUp(request Request) (Description, error) {
	ringing := c.callee.info()
	switch {
	case c.callee.leg == nil, c.callee.ended, *request.Replaces != ringing.Dialog:
		return Description{}, noSuchDialog()
	case !mayReplace(request.who(), ringing):
		return Description{}, Cause{Status: 403, Text: "Forbidden"}
	case request.Offer == nil:
		return Description{}, notAcceptable("no offer to answer the caller with")
	}
	caller := c.caller.agreed
	if c.answer == nil {
		offer, err := offerFor(c.request.Offer, c.exchange.options.Policy)
		if err != nil {
			return Description{}, err
		}
		caller = withDirection(offer, c.caller.wish)
	}
	return answerFor(*request.Offer, caller, c.exchange.options.Policy)
}
