package bridge

// transferAsked refuses a transfer: the bridge has none yet. The Exchange will ask the call that holds the
// dialog of event.Replaces to surrender a leg; until then the party hears that it cannot be done. It may ask as often
// as it likes, so the log line is for debugging only.
func (c *call) transferAsked(from *side, event TransferAsked) {
	c.log.Debug("transfer refused", "party", from.name, "target", event.Target)
	from.leg.Refuse(Cause{Status: 501, Text: "Not Implemented"})
}
