package bridge

// takeOver puts an incoming leg in the place of the one whose dialog its request replaces (RFC 3891). A
// page that was reloaded comes back to its call so. The other party notices nothing but a change of codec or hold.
func (c *call) takeOver(incoming Incoming) {
	request := incoming.Request()
	if c.state != stateAnswered {
		c.takeRinging(incoming)
		return
	}
	from, to, cause := c.claimed(request)
	if cause != nil {
		c.dismiss(incoming, *cause)
		return
	}
	answer, err := c.answerTakeOver(request, to)
	if err != nil {
		c.dismiss(incoming, CauseOf(err))
		return
	}
	old := from.leg
	c.replaced(from)
	from.unplug()
	from.retire()
	from.hold(incoming)
	from.told, from.wish = to.wish, SendRecv
	from.shown, from.looks = to.looks, SendRecv
	if request.Offer != nil {
		c.agree(from, to, answer, *request.Offer)
	} else {
		from.agreed = Description{} // Accepted brings it
		to.unplug()
	}
	c.enterDialogs()
	incoming.Answer(answer)
	c.introduce(from, to)
	c.direct(to, from)
	if request.Offer != nil {
		c.show(to, from)
	}
	c.dismiss(old, CompletedElsewhere())
	c.exchange.counts.takeovers.Add(1)
	c.log.Info("party came back on another leg", "party", from.name, "leg", incoming.Info().ID)
}

// claimed finds the side that a request replaces and the other one, or the cause of its refusal. Only the user
// that holds the leg may take it over.
func (c *call) claimed(request Request) (from, to *side, cause *Cause) {
	switch *request.Replaces {
	case c.caller.info().Dialog:
		from, to = &c.caller, &c.callee
	case c.callee.info().Dialog:
		from, to = &c.callee, &c.caller
	}
	switch {
	case from == nil, from.ended, len(to.agreed.Media) == 0:
		cause := noSuchDialog()
		return nil, nil, &cause
	case !mayReplace(request.who(), from.info()):
		return nil, nil, &Cause{Status: 403, Text: "Forbidden"}
	case request.EarlyOnly:
		return nil, nil, &Cause{Status: 486, Text: "Busy Here"}
	case c.transfer != nil && c.transfer.referrer == from:
		return nil, nil, &Cause{Status: 491, Text: "Request Pending"}
	default:
		return from, to, nil
	}
}

// answerTakeOver gives the answer to the new leg's offer, or our offer if it sent none, so that the far leg keeps
// what it has.
func (c *call) answerTakeOver(request Request, to *side) (Description, error) {
	far := to.wants()
	if request.Offer == nil {
		return offerFor(&far, c.policy())
	}
	return answerFor(*request.Offer, far, c.policy())
}

// dismiss hangs up a leg that is no part of the call any more, and hears it out.
func (c *call) dismiss(leg Leg, cause Cause) {
	c.departed.Go(func() {
		c.exchange.guard(c.log, func() {
			leg.Hangup(cause)
			c.exchange.hearOut(leg)
		})
	})
}
