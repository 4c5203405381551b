package bridge

import "sipbridge/transcode"

// connect joins the media of both sides as agreed, both ways. It may be called again whenever something has changed.
// The error is a Cause with 488, if there is no way for any of them.
func (c *call) connect() error {
	if !c.exchange.options.Policy.joins(c.caller.agreed, c.callee.agreed) {
		return notAcceptable("no way between the codecs of both parties")
	}
	if err := c.plugAll(&c.caller, &c.callee); err != nil {
		return err
	}
	return c.plugAll(&c.callee, &c.caller)
}

// plugAll leads all kinds of media of one party to the other.
func (c *call) plugAll(from, to *side) error {
	for _, kind := range transcode.Kinds() {
		if err := c.plug(kind, from, to); err != nil {
			return err
		}
	}
	return nil
}

// plug leads the media of one kind of a party to the other one, or drops them while one of the two does not want them.
// Pictures begin with a full one.
func (c *call) plug(kind transcode.Kind, from, to *side) error {
	sink, _ := to.agreed.First(kind)
	if !flows(kind, from, to) {
		from.unplugKind(kind)
		return nil
	}
	format, ok := c.exchange.options.Policy.chooseOf(kind, sink.Formats, from.sends(kind))
	if !ok {
		from.unplugKind(kind)
		return nil
	}
	if kind == transcode.Video {
		from.setPipe(kind, nil) // its place, if it has one, is for the next
	}
	source := from.mayCome(kind)
	pipe, err := transcode.Connect(source, to.asking(format), to.leg.Media().Sender(kind), transcode.ConnectOptions{
		PacketTime: sink.PacketTime, Encoder: c.exchange.options.Encoder, MostDelay: c.exchange.options.JitterBuffer,
		MaxPayload: mostPayload(to), Workspaces: &c.exchange.workspaces,
		Pictures: transcode.PictureOptions{
			Limit: c.exchange.options.Policy.Pictures, Bitrate: c.exchange.options.Policy.capped(to.takes),
			AskKeyframe: from.leg.AskKeyframe,
		},
	})
	if err != nil && kind == transcode.Video {
		c.log.Warn("no pictures", "from", from.name, "error", err)
		from.unplugKind(kind)
		return nil
	}
	if err != nil {
		return Cause{Status: 488, Text: "Not Acceptable Here", Err: err}
	}
	from.leg.Media().Receive(kind, c.tapped(kind, from, source, pipe))
	from.setPipe(kind, pipe)
	from.paths[kind] = pipe.String()
	if kind == transcode.Video {
		from.leg.AskKeyframe()
	}
	return nil
}

// policy chooses what the parties of this call, or one of them and who takes the other one's place, agree on anew: its
// own places for pictures are free for that.
func (c *call) policy() Policy {
	policy := c.exchange.options.Policy
	for _, s := range [...]*side{&c.caller, &c.callee} {
		if pipe := s.pipes[transcode.Video]; pipe != nil && pipe.TranscodesPictures() {
			policy.held++
		}
	}
	return policy
}

// browserPayload is the largest packet of pictures that is sent to a browser, as browsers themselves send none larger:
// more may not go through tunnels, nor with the overhead of SRTP.
const browserPayload = 1200

// mostPayload is the largest packet of pictures for a party; 0 for phones, which sent larger ones themselves.
func mostPayload(to *side) int {
	if transport := to.info().Transport; transport == "WS" || transport == "WSS" {
		return browserPayload
	}
	return 0
}

// flows tells whether packets of a kind pass: both have it, the one party sends and the other listens.
func flows(kind transcode.Kind, from, to *side) bool {
	open := from.has(kind) && to.has(kind) && from.wish.Sends() && to.wish.Receives()
	if kind == transcode.Video {
		return open && from.looks.Sends() && to.looks.Receives()
	}
	return open
}

// gate opens and closes the ways between the parties as they hold and resume, and touches nothing else.
func (c *call) gate() error {
	for _, kind := range transcode.Kinds() {
		for _, way := range [2][2]*side{{&c.caller, &c.callee}, {&c.callee, &c.caller}} {
			from, to := way[0], way[1]
			if flows(kind, from, to) == (from.pipes[kind] != nil) {
				continue
			}
			if err := c.plug(kind, from, to); err != nil {
				return err
			}
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
