package bridge

// Message is what a party tells the other beside the sound: words, or data of its program.
type Message struct {
	// Data tells that it is for a program, as SIP's INFO is (RFC 6086), and not for a person to read (MESSAGE, RFC 3428).
	Data bool
	// ContentType is the type of the body with its parameters, as the party wrote it.
	ContentType string
	// Body is kept to the byte.
	Body []byte
	// Headers are those that describe the body further, and those of the pass-through policy.
	Headers []Header
}

// mention passes on what the callee says with its answer to the call.
func (c *call) mention(from *side, headers []Header) {
	if from == &c.callee && c.state != stateAnswered && len(headers) > 0 {
		c.incoming.Mention(headers)
	}
}

// told passes on what a party says. The party hears what the other one answers.
func (c *call) told(to *side, event Told) {
	if to.leg == nil || to.ended || c.state != stateAnswered {
		event.Done(Cause{Status: 480, Text: "Not Answered Yet"})
		return
	}
	to.leg.Tell(event.Message, event.Done)
}
