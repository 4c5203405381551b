package rtmp

import "sipbridge/bridge"

var _ bridge.Recipient = endpoint{}

// sendPagingMessage writes a text to somebody, outside of calls.
func (c *conn) sendPagingMessage(asked command) {
	text := asked.text(1)
	c.mu.Lock()
	c.texts = true
	to, ok := parseAddress(asked.text(0), c.domain())
	request, result := c.request(to), c.textOutcome(asked)
	c.mu.Unlock()
	switch {
	case request.Origin == bridge.OriginUnknown: // a guest, who may call and no more
		result.tell(bridge.Cause{Status: 403, Text: "Forbidden"})
	case !ok:
		result.tell(bridge.Cause{Status: 400, Text: "invalid dest URI"})
	case !isText(text):
		result.tell(badText())
	case c.server.options.Text == nil:
		result.tell(bridge.Cause{Status: 501, Text: "Not Implemented"})
	default:
		c.server.options.Text(request, messageOf(text), result.tell)
	}
}

// Text tells the client by receivedPagingMessage who writes, as in invited, and what.
func (e endpoint) Text(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
	done(e.conn.page(request.From, message))
}

func (c *conn) page(from bridge.Party, message bridge.Message) bridge.Cause {
	text, err := textOf(message)
	if err != nil {
		return bridge.CauseOf(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return bridge.Cause{Status: 480, Text: "Temporarily Unavailable"}
	case !c.words.paged(from, text):
		return unsupportedText()
	}
	return bridge.Cause{Status: 200, Text: "OK"}
}
