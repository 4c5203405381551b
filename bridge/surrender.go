package bridge

// surrenderAsk is asked of a call by another one: give up the party at the other end of dialog. This is how
// the two calls of an attended transfer become one.
type surrenderAsk struct {
	// dialog is that of the leg which is replaced.
	dialog DialogID
	// earlyOnly spares an answered call.
	earlyOnly bool
	// referrer is who asks, far what its party speaks.
	referrer LegInfo
	far      Description
	// reply has room for the one answer.
	reply chan<- surrendered
}

// surrendered is the answer: a side with its leg, or why there is none.
type surrendered struct {
	side *side
	// rings tells that the leg's party has not answered.
	rings bool
	cause *Cause
}

func refusedSurrender(cause Cause) surrendered { return surrendered{cause: &cause} }

// askFor asks another call for its leg, beside the call's goroutine, since that call may be asking this one.
func (c *call) askFor(other *call) {
	t := c.transfer
	reply := make(chan surrendered, 1)
	t.given = reply
	ask := &surrenderAsk{
		dialog: *t.referral.Replaces, earlyOnly: t.referral.EarlyOnly,
		referrer: t.referrer.info(), far: t.transferee.agreed, reply: reply,
	}
	c.departed.Go(func() {
		select {
		case other.asked <- ask:
		case <-other.gone:
			reply <- refusedSurrender(noSuchDialog())
		}
	})
}

// surrender answers the ask of another call. What it gives up is that call's from then on; the leg that is replaced is
// hung up, and this call is over.
func (c *call) surrender(ask *surrenderAsk) {
	answer := refusedSurrender(Cause{Status: 500, Text: "Server Internal Error"}) // should this panic
	defer func() { ask.reply <- answer }()
	given, cause := c.surrenders(ask)
	if cause != nil {
		answer.cause = cause
		return
	}
	given.unplug()
	gift := *given
	gift.before = given.leg.Media().Stats()
	answer = surrendered{side: &gift, rings: c.state != stateAnswered}
	given.past = given.count().now()
	c.exchange.enter(c, given.dialog, DialogID{})
	given.leg, given.events, given.dialog = nil, nil, DialogID{}
	c.end(bridgeSide, transferred())
}

// surrenders chooses the side that another call gets, or gives the cause of refusal.
func (c *call) surrenders(ask *surrenderAsk) (given *side, cause *Cause) {
	mine, given := c.sidesOf(ask.dialog)
	answered := c.state == stateAnswered
	switch {
	case mine == nil, given.leg == nil, given.ended:
		return nil, &Cause{Status: 481, Text: "Call/Transaction Does Not Exist"}
	case !mayReplace(ask.referrer, mine.info()):
		return nil, &Cause{Status: 403, Text: "Forbidden"}
	case answered && ask.earlyOnly:
		return nil, &Cause{Status: 486, Text: "Busy Here"}
	case c.transfer != nil, answered && len(given.agreed.Media) == 0, !answered && mine != &c.caller:
		return nil, &Cause{Status: 491, Text: "Request Pending"}
	case answered && !c.exchange.options.Policy.joins(ask.far, given.agreed):
		cause := notAcceptable("no way between the codecs of both parties")
		return nil, &cause
	default:
		return given, nil
	}
}

// sidesOf finds the side with a dialog, and the other one; nil if there is none. A referrer that was called may
// name its dialog the wrong way round: JsSIP does.
func (c *call) sidesOf(dialog DialogID) (this, other *side) {
	for _, named := range [2]DialogID{dialog, dialog.Reversed()} {
		switch named {
		case c.caller.dialog:
			return &c.caller, &c.callee
		case c.callee.dialog:
			return &c.callee, &c.caller
		}
	}
	return nil, nil
}

// mayReplace tells whether one party may take or give away the place of another: the same user, or the same trunk,
// does so with what is its own (RFC 3891 section 4).
func mayReplace(who, held LegInfo) bool {
	switch who.Origin {
	case OriginUser:
		return who.User != "" && who.User == held.User
	case OriginUpstream:
		return who.Trunk != "" && who.Trunk == held.Trunk
	default:
		return false
	}
}

// receive takes what the other call answered.
func (c *call) receive(given surrendered) {
	t := c.transfer
	t.given = nil
	if given.cause != nil {
		c.transferFailed(*given.cause)
		return
	}
	target := *given.side
	target.name, target.past = t.target.name, MediaStats{}
	target.pipes, target.paths = side{}.pipes, side{}.paths
	t.target = target
	if given.rings {
		c.targetRings(nil)
		return
	}
	c.completeTransfer()
}

// returnGift hangs up what another call may still give, though nobody wants it any more.
func (c *call) returnGift(given <-chan surrendered) {
	c.departed.Go(func() {
		if late := <-given; late.cause == nil {
			late.side.leg.Hangup(Cause{Status: 487, Text: "Request Terminated"})
			c.exchange.hearOut(late.side.leg)
		}
	})
}
