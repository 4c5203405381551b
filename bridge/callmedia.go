package bridge

import "sipbridge/transcode"

// connect joins the media of both sides as agreed, both ways. It may be called again whenever something has changed.
func (c *call) connect() error {
	if err := c.plug(&c.caller, &c.callee); err != nil {
		return err
	}
	return c.plug(&c.callee, &c.caller)
}

// plug leads the audio of one party to the other, or drops it while one of them holds.
func (c *call) plug(from, to *side) error {
	source, fromOK := from.agreed.First(transcode.Audio)
	sink, toOK := to.agreed.First(transcode.Audio)
	if !fromOK || !toOK || !flows(from, to) {
		from.unplug()
		return nil
	}
	format, ok := c.exchange.options.Policy.choose(sink.Formats, source.Formats)
	if !ok {
		return notAcceptable("no way between the codecs of both parties")
	}
	format, _ = find(sink.Formats, format.Codec) // with the parameters that the party gave
	pipe, err := transcode.Connect(source.Formats, format, to.leg.Media().Sender(transcode.Audio),
		transcode.ConnectOptions{PacketTime: sink.PacketTime, Encoder: c.exchange.options.Encoder})
	if err != nil {
		return Cause{Status: 488, Text: "Not Acceptable Here", Err: err}
	}
	from.leg.Media().Receive(transcode.Audio, pipe)
	from.pipe, from.path = pipe, pipe.String()
	return nil
}

// flows tells whether packets pass: the one party sends and the other listens.
func flows(from, to *side) bool { return from.wish.Sends() && to.wish.Receives() }

// gate opens and closes the ways between the parties as they hold and resume, and touches nothing else.
func (c *call) gate() error {
	for _, way := range [2][2]*side{{&c.caller, &c.callee}, {&c.callee, &c.caller}} {
		from, to := way[0], way[1]
		if flows(from, to) == (from.pipe != nil) {
			continue
		}
		if err := c.plug(from, to); err != nil {
			return err
		}
	}
	return nil
}

// direct tells a leg what the bridge does toward its party from now on, if that is something new. What
// becomes of it never comes back: a refused hold leaves the call as it is.
func (c *call) direct(to, from *side) {
	if to.leg == nil || to.told == from.wish {
		return
	}
	to.told = from.wish
	to.leg.SetDirection(to.told)
}
