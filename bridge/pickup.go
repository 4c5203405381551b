package bridge

import "slices"

// ringingLegs says what is known of each callee that rings.
func (c *call) ringingLegs() []LegInfo {
	switch leg := c.callee.leg.(type) {
	case nil:
		return nil
	case *forkLeg:
		return leg.infos()
	default:
		return []LegInfo{leg.Info()}
	}
}

// enterEarly lets the dialogs of ringing callees be replaced.
func (c *call) enterEarly() {
	if c.state == stateAnswered {
		return
	}
	for _, info := range c.ringingLegs() {
		if info.Dialog.RemoteTag != "" && !slices.Contains(c.early, info.Dialog) {
			c.exchange.enter(c, DialogID{}, info.Dialog)
			c.early = append(c.early, info.Dialog)
		}
	}
}

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
	if leading, ok := answer.Leading(); ok {
		c.callee.told = leading.Direction
	}
	c.callee.shown, c.callee.looks = c.caller.looks, SendRecv
	c.callee.described(*request.Offer)
	c.establish()
	c.dismiss(old, CompletedElsewhere())
	if c.over {
		return
	}
	incoming.Answer(answer)
	c.introduce(&c.callee, &c.caller)
	c.exchange.counts.takeovers.Add(1)
	c.log.Info("call picked up at another device", "leg", incoming.Info().ID)
}

// answerPickUp gives the answer to the new leg, or the cause of its refusal. A caller's own early dialog is not ours to
// replace: only a dialog that we began is.
func (c *call) answerPickUp(request Request) (Description, error) {
	all := c.ringingLegs()
	at := slices.IndexFunc(all, func(info LegInfo) bool { return info.Dialog == *request.Replaces })
	switch {
	case at < 0, c.callee.ended:
		return Description{}, noSuchDialog()
	case !mayReplace(request.who(), all[at]):
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
		caller = directed(offer, c.caller.wish, c.caller.looks)
	}
	return answerFor(*request.Offer, caller, c.exchange.options.Policy)
}
