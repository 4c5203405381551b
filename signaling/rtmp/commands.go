package rtmp

import (
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// command does what the client asks for: what is about streams is the same for all, calls are the words' affair.
func (c *conn) command(message chunk.Message) error {
	asked, err := parseCommand(message)
	if err != nil {
		return err
	}
	c.mu.Lock()
	known, rejected := c.connected, c.rejected
	c.mu.Unlock()
	switch {
	case rejected:
		return nil // whoever was rejected asks for nothing more
	case c.publisher != nil:
		c.publisher.command(asked)
		return nil
	case asked.name == "connect" && !known && c.unregister == nil:
		return c.connect(asked)
	case !known:
		return errOrder
	}
	if call := c.streamCommand(asked); call != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		call(asked)
		return nil
	}
	c.words.command(asked)
	return nil
}

// answer tells the client that a command has come.
func (c *conn) answer(asked command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result(asked)
}

// result answers a command, unless the client wants no answer. The caller holds mu.
func (c *conn) result(asked command, values ...any) {
	if asked.transaction != 0 {
		c.tell(0, append([]any{"_result", asked.transaction, nil}, values...)...)
	}
}

// fail answers a command that cannot be done. The caller holds mu.
func (c *conn) fail(asked command, description string) {
	if asked.transaction != 0 {
		c.tell(0, "_error", asked.transaction, nil, statusInfo("error", "NetConnection.Call.Failed", description))
	}
}

// callCommand does a command about calls. Others (releaseStream, FCPublish, _checkbw, ...) do nothing.
func (c *conn) callCommand(asked command) {
	switch asked.name {
	case "invite":
		c.invite(asked)
	case "accept":
		c.accept(asked)
	case "reject":
		c.decline(asked)
	case "bye":
		c.bye()
	case "sendDTMF":
		c.sendDTMF(asked)
	case "hold":
		c.hold(asked)
	case "sendMessage":
		c.sendMessage(asked)
	case "sendPagingMessage":
		c.sendPagingMessage(asked)
	}
}

// flag gives an argument if it is a boolean; a number that is not 0 counts as true.
func (c command) flag(place int) bool {
	if place >= len(c.args) {
		return false
	}
	switch value := c.args[place].(type) {
	case bool:
		return value
	case float64:
		return value != 0
	default:
		return false
	}
}

// dictionary gives an argument if it is an object, else an empty one.
func (c command) dictionary(place int) amf.Object {
	if place >= len(c.args) {
		return amf.Object{}
	}
	object, _ := c.args[place].(amf.Object)
	return object
}

// words gives all arguments from a place on that are strings.
func (c command) words(from int) []string {
	var words []string
	for _, value := range c.args[min(from, len(c.args)):] {
		switch value := value.(type) {
		case string:
			words = append(words, value)
		case amf.Array: // from clients that pass a list on
			for _, inner := range value {
				if word, ok := inner.(string); ok {
					words = append(words, word)
				}
			}
		}
	}
	return words
}
