package bridge

// passTransfer asks a trunk to do a blind transfer by itself, and reports false if that is not wanted or not possible.
// Where the target is stays the Router's choice, and whether the referrer may have it, too; so a call that has to be
// asked for and counted is placed by us.
func (c *call) passTransfer(targets []Target, request Request) bool {
	t := c.transfer
	party := t.transferee.info()
	if !c.exchange.options.PassTransfers || !party.Refers || party.Trunk == "" ||
		t.referral.Replaces != nil || len(targets) != 1 {
		return false
	}
	request.To = targets[0].URI
	if endpoint, ok := targets[0].Endpoint.(Metered); ok && endpoint.Metered(request) {
		return false
	}
	onward := t.referral
	onward.Target, onward.Silent = targets[0].URI, false
	t.passed = true
	t.transferee.leg.Refer(onward)
	return true
}

// referred takes how a transferee gets on that was asked to call the target by itself. If it does not want to, the
// bridge does it.
func (c *call) referred(from *side, cause Cause) {
	t := c.transfer
	switch {
	case t == nil, !t.passed, t.transferee != from:
	case cause.Status < 200:
		t.began = true
		if cause.Status > 100 {
			c.targetRings(nil)
		}
	case cause.Status < 300:
		c.passedOn()
	case t.began:
		c.transferFailed(cause)
	default:
		t.passed = false
		t.call()
	}
}

// passedOn ends a call whose parties have gone other ways.
func (c *call) passedOn() {
	referrer := c.transfer.referrer
	c.closeTransfer(200)
	c.exchange.counts.transferred.Add(1)
	referrer.leg.TransferProgress(Cause{Status: 200, Text: "OK"})
	c.end(bridgeSide, transferred())
}
