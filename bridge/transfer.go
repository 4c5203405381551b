package bridge

import (
	"strings"
	"time"
)

// mostTransfers is how many transfers one call may see. Each may ring somebody, so there has to be an end.
const mostTransfers = 32

// transfer is one under way: the referrer wants the transferee to be connected to the target. The bridge does it by
// itself: it calls the target for the transferee, and puts it in the referrer's place when it answers. Until then
// the two go on as they were; the referrer may hang up meanwhile. The call's goroutine owns it.
type transfer struct {
	referral Referral
	// referrer and transferee are the sides of the call.
	referrer, transferee *side
	// target is a third side. It has no leg while another call is asked for one.
	target side
	// given brings the leg that another call gave up; nil for a blind transfer.
	given <-chan surrendered
	// passed tells that the transferee was asked to call the target by itself, began that it does.
	passed, began bool
	// call calls the target, should the transferee not want to.
	call func()
	// rang tells that the referrer knows that the target rings.
	rang bool
	// timer limits the ringing.
	timer *time.Timer
	// record is how it will be told.
	record TransferRecord
}

// events are those of the target's leg; nil if there is none.
func (t *transfer) events() <-chan Event {
	if t == nil {
		return nil
	}
	return t.target.events
}

// expired tells that the target rang too long; nil if there is no transfer.
func (t *transfer) expired() <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.timer.C
}

// gift brings the leg that another call gave up; nil if none is awaited.
func (t *transfer) gift() <-chan surrendered {
	if t == nil {
		return nil
	}
	return t.given
}

// aboutTransfer takes what a party asks for, or what became of what it was asked for.
func (c *call) aboutTransfer(from, to *side, event Event) {
	switch event := event.(type) {
	case TransferAsked:
		c.transferAsked(from, to, event.Referral)
	case Referred:
		c.referred(from, event.Cause)
	}
}

// transferAsked begins a transfer, or refuses it.
func (c *call) transferAsked(from, to *side, referral Referral) {
	if cause := c.objectionToTransfer(from, to); cause != nil {
		c.exchange.counts.transfersFailed.Add(1)
		from.leg.TransferProgress(*cause)
		return
	}
	c.transfers++
	if from.isPrivate() {
		referral.ReferredBy = ""
	}
	c.transfer = &transfer{
		referral: referral, referrer: from, transferee: to,
		target: side{name: from.name, asked: Party{URI: referral.Target}}, timer: time.NewTimer(c.exchange.options.Ring),
		record: TransferRecord{
			At: time.Now(), Side: from.name, By: from.info().Party,
			Target: referral.Target, Attended: referral.Replaces != nil,
		},
	}
	c.tryTransfer()
}

// tryTransfer gets the target: from the call that the referrer has with it, if there is one, or by calling it.
func (c *call) tryTransfer() {
	t := c.transfer
	other, ours := c.exchange.replaced(t.referral.Replaces)
	if !ours {
		c.dialTarget()
		return
	}
	t.referrer.leg.TransferProgress(Cause{Status: 100, Text: "Trying"})
	if other == nil {
		c.transferFailed(noSuchDialog())
		return
	}
	c.askFor(other)
}

// objectionToTransfer says why a transfer cannot be tried now, or nil. Only one goes on at a time, and no first offer
// may be open.
func (c *call) objectionToTransfer(from, to *side) *Cause {
	switch {
	case c.transfer != nil, c.state != stateAnswered, len(from.agreed.Media) == 0, len(to.agreed.Media) == 0:
		return &Cause{Status: 491, Text: "Request Pending"}
	case c.transfers >= mostTransfers:
		return &Cause{Status: 403, Text: "Too Many Transfers"}
	default:
		return nil
	}
}

// dialTarget finds the way to the target, with no more rights than the referrer has, and goes it. A referrer that hears
// nothing later is told at once if there is none.
func (c *call) dialTarget() {
	t := c.transfer
	request := t.request()
	targets, err := c.exchange.options.Router.Route(request)
	if err == nil && len(targets) == 0 {
		err = Cause{Status: 480, Text: "Temporarily Unavailable"}
	}
	var offer Description
	if err == nil {
		far := t.transferee.wants()
		offer, err = offerFor(&far, c.policy())
	}
	if !t.referral.Silent || err == nil {
		t.referrer.leg.TransferProgress(Cause{Status: 100, Text: "Trying"})
	}
	if err != nil {
		c.transferFailed(CauseOf(err))
		return
	}
	request.Offer = &offer
	t.call = func() { c.callTarget(targets, request) }
	if c.passTransfer(targets, request) {
		return
	}
	t.call()
}

// callTarget calls the target for the transferee.
func (c *call) callTarget(targets []Target, request Request) {
	t := c.transfer
	if leading, ok := request.Offer.Leading(); ok {
		t.target.told = leading.Direction
	}
	t.target.shown = t.transferee.looks
	c.ring(&t.target, targets, request)
}

// request asks for the call to the target. The transferee is shown as the caller, the referrer answers for it.
func (t *transfer) request() Request {
	who := t.referrer.info()
	return Request{
		From: t.transferee.party(), Private: t.transferee.isPrivate(), Asserted: t.transferee.asserted,
		To:     t.referral.Target,
		Origin: who.Origin, User: who.User, Trunk: who.Trunk,
		Replaces: t.referral.Replaces, EarlyOnly: t.referral.EarlyOnly, ReferredBy: t.referredBy(),
	}
}

// referredBy says who the referrer is (RFC 3892), unless he is not to be shown.
func (t *transfer) referredBy() string {
	shown := t.referrer.party().URI
	if t.referral.ReferredBy != "" || t.referrer.isPrivate() || strings.ContainsAny(shown, "<>\"") {
		return t.referral.ReferredBy
	}
	return "<" + shown + ">"
}

// targetDid does what an event of the target's leg asks for.
func (c *call) targetDid(event Event, ok bool) {
	t := c.transfer
	if !ok {
		t.target.ended = true
		c.transferFailed(Cause{Status: 500, Text: "Server Internal Error"})
		return
	}
	switch event := event.(type) {
	case Ringing:
		c.targetRings(event.Early)
	case Answered:
		c.targetAnswered(event.Answer)
	case Told:
		event.Done(Cause{Status: 480, Text: "Not Answered Yet"})
	case Offered:
		t.target.leg.Refuse(Cause{Status: 491, Text: "Request Pending"})
	case Ended:
		if c.follow(&t.target, event.Cause) {
			return
		}
		t.target.ended = true
		c.transferFailed(event.Cause)
	default: // nothing else counts before the answer
	}
}

// targetRings tells the referrer. Early media is for a transferee whose referrer is gone: before that it has somebody
// to hear.
func (c *call) targetRings(early *Description) {
	t := c.transfer
	if !t.rang {
		t.rang = true
		t.referrer.leg.TransferProgress(Cause{Status: 180, Text: "Ringing"})
	}
	if early != nil {
		t.target.agreed = *early
		c.hearTarget()
	}
}

// hearTarget joins a transferee that was left alone to the target's early media. If that cannot be, it waits in
// silence.
func (c *call) hearTarget() {
	t := c.transfer
	if !t.referrer.ended || !c.exchange.options.Policy.joins(t.target.agreed, t.transferee.agreed) {
		return
	}
	t.referrer.unplug()
	for _, way := range [2][2]*side{{&t.target, t.transferee}, {t.transferee, &t.target}} {
		if err := c.plugAll(way[0], way[1]); err != nil {
			c.log.Warn("early media of a transfer", "error", err)
		}
	}
}

func (c *call) targetAnswered(answer Description) {
	target := &c.transfer.target
	target.agreed = answer
	target.wish = SendRecv
	target.described(answer)
	c.completeTransfer()
}
