package bridge

import (
	"time"
)

// completeTransfer puts the target in the referrer's place and joins it to the transferee, which needs no
// new offer: what does not fit is transcoded.
func (c *call) completeTransfer() {
	t := c.transfer
	if !c.exchange.options.Policy.joins(t.target.agreed, t.transferee.agreed) {
		c.transferFailed(notAcceptable("no way between the codecs of the target and the other party"))
		return
	}
	c.closeTransfer(200)
	from, to := t.referrer, t.transferee
	old, left := from.leg, from.ended
	c.replaced(from)
	from.unplug()
	from.replace(t.target)
	if from == &c.caller {
		c.record.Caller = from.info().Party
	}
	if err := c.connect(); err != nil {
		c.end(bridgeSide, CauseOf(err))
	}
	c.enterDialogs()
	c.direct(to, from)
	c.direct(from, to)
	c.show(to, from)
	c.show(from, to)
	c.introduce(to, from)
	c.introduce(from, to)
	old.TransferProgress(Cause{Status: 200, Text: "OK"}) // also one that has hung up may still hear
	if !left {
		c.seeOff(old)
	}
	c.exchange.counts.transferred.Add(1)
}

// closeTransfer stops what waits for the transfer, and notes how it ended.
func (c *call) closeTransfer(status int) {
	c.transfer.timer.Stop()
	c.transfer.record.Status = status
	c.record.Transfers = append(c.record.Transfers, c.transfer.record)
	c.transfer = nil
}

// targetWasSilent gives a transfer up whose target rings for too long.
func (c *call) targetWasSilent() { c.transferFailed(Cause{Status: 408, Text: "No answer"}) }

// transferFailed lets the old call go on, if the referrer is still there; else nobody is left for the transferee.
func (c *call) transferFailed(cause Cause) {
	t := c.transfer
	cause = finalCause(cause)
	cause.Headers = nil // a challenge is not for the referrer
	c.closeTransfer(cause.Status)
	c.exchange.counts.transfersFailed.Add(1)
	if t.target.leg != nil && !t.target.ended {
		c.dismiss(t.target.leg, cause)
	}
	if t.given != nil {
		c.returnGift(t.given)
	}
	t.referrer.leg.TransferProgress(cause)
	if t.referrer.ended {
		c.end(t.referrer.name, cause)
	}
}

// left takes the end of a party. A referrer may go before the target has answered; a transferee that goes takes
// the transfer along.
func (c *call) left(from *side, cause Cause) {
	switch {
	case c.transfer == nil:
		c.end(from.name, cause)
	case c.transfer.referrer == from:
		c.log.Debug("the referrer is gone, the target still rings")
		c.hearTarget()
	default:
		c.end(from.name, cause)
	}
}

// giveUpTransfer ends a transfer whose call is over.
func (c *call) giveUpTransfer() {
	if c.transfer != nil {
		c.transferFailed(Cause{Status: 487, Text: "Request Terminated"})
	}
}

// seeOff waits for a referrer that has got what it asked for to hang up, as it should (RFC 5589 section 6.1), and
// hangs up in its stead after a while, or when the call is over.
func (c *call) seeOff(leg Leg) {
	c.departed.Go(func() {
		c.exchange.guard(c.log, func() {
			timer := time.NewTimer(c.exchange.options.ReferrerHangup)
			defer timer.Stop()
			if c.leaves(leg, timer.C) {
				return
			}
			leg.Hangup(Normal())
			c.exchange.hearOut(leg)
		})
	})
}

// leaves reads the last words of a leg that has no other party any more, and reports false if it does not hang up.
func (c *call) leaves(leg Leg, timeout <-chan time.Time) bool {
	for {
		select {
		case event, ok := <-leg.Events():
			if !ok {
				return true
			}
			switch event := event.(type) {
			case Ended:
				return true
			case Offered:
				leg.Refuse(noSuchDialog())
			case Told:
				event.Done(noSuchDialog())
			case TransferAsked:
				leg.TransferProgress(noSuchDialog())
			default:
			}
		case <-timeout:
			return false
		case <-c.gone:
			return false
		case <-c.exchange.closing:
			return false
		}
	}
}
