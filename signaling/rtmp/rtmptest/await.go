package rtmptest

import (
	"slices"
	"time"

	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// read keeps all that the server says, until the connection ends.
func (c *Client) read() {
	reader := chunk.NewReader(c.socket, chunk.ReaderOptions{})
	for {
		message, err := reader.ReadMessage()
		message.Payload = slices.Clone(message.Payload)
		c.mu.Lock()
		if err != nil {
			c.ended = true
		} else {
			c.keep(message)
		}
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// keep sorts a message in. The caller holds mu.
func (c *Client) keep(message chunk.Message) {
	body := message.Payload
	switch message.Type {
	case chunk.Audio:
		c.heard = append(c.heard, message)
		return
	case chunk.Video:
		c.seen = append(c.seen, message)
		return
	case chunk.Command0:
	case chunk.Command3:
		body = body[min(1, len(body)):]
	default:
		c.control = append(c.control, message)
		return
	}
	values, err := amf.Decode0(body)
	if err != nil || len(values) < 3 {
		c.tb.Errorf("the server says %x: %v", body, err)
		return
	}
	name, _ := values[0].(string)
	transaction, _ := values[1].(float64)
	c.commands = append(c.commands, Command{name, transaction, values[3:], message.Type})
}

// await waits until look says that there is what it looks for. It is called with mu held.
func (c *Client) await(what string, look func() bool) {
	c.tb.Helper()
	deadline := time.After(Patience)
	for {
		c.mu.Lock()
		found, changed := look(), c.changed
		c.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			c.tb.Fatalf("not within %v: %s; heard so far: %+v", Patience, what, c.Commands())
		}
	}
}

// Await waits for the next command of a name, passing over others; each is given once.
func (c *Client) Await(name string) Command {
	c.tb.Helper()
	var found Command
	c.await(name, func() bool {
		for c.taken < len(c.commands) {
			found = c.commands[c.taken]
			c.taken++
			if found.Name == name {
				return true
			}
		}
		return false
	})
	return found
}

// AwaitAnswer waits for the _result or _error of a transaction.
func (c *Client) AwaitAnswer(transaction float64) Command {
	c.tb.Helper()
	var found Command
	c.await("an answer", func() bool {
		for _, command := range c.commands {
			if command.Transaction == transaction && (command.Name == "_result" || command.Name == "_error") {
				found = command
				return true
			}
		}
		return false
	})
	return found
}

// AwaitStatus waits for the next onStatus with a code, and gives its description.
func (c *Client) AwaitStatus(code string) (description string) {
	c.tb.Helper()
	for {
		status := c.Await("onStatus")
		if len(status.Args) == 1 {
			if info, ok := status.Args[0].(amf.Object); ok && info.Text("code") == code {
				return info.Text("description")
			}
		}
	}
}

// AwaitHeard waits until at least count audio messages came, and gives all.
func (c *Client) AwaitHeard(count int) []chunk.Message {
	c.tb.Helper()
	c.await("sound", func() bool { return len(c.heard) >= count })
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heard)
}

// AwaitSeen waits until at least count video messages came, and gives all.
func (c *Client) AwaitSeen(count int) []chunk.Message {
	c.tb.Helper()
	c.await("pictures", func() bool { return len(c.seen) >= count })
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen)
}

// AwaitControl waits for a message of a type that is neither sound nor a command.
func (c *Client) AwaitControl(messageType uint8) chunk.Message {
	c.tb.Helper()
	var found chunk.Message
	c.await("a control message", func() bool {
		for _, message := range c.control {
			if message.Type == messageType {
				found = message
				return true
			}
		}
		return false
	})
	return found
}

// Control gives the messages of a type so far that are neither sound nor commands.
func (c *Client) Control(messageType uint8) (all []chunk.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, message := range c.control {
		if message.Type == messageType {
			all = append(all, message)
		}
	}
	return all
}

// AwaitEvent waits for a UserControl message with an event about a stream.
func (c *Client) AwaitEvent(event uint16, stream uint32) {
	c.tb.Helper()
	c.await("a user control event", func() bool {
		for _, message := range c.control {
			got, number, err := message.Event()
			if message.Type == chunk.UserControl && err == nil && got == event && number == stream {
				return true
			}
		}
		return false
	})
}

// AwaitEnd waits until the server ends the connection.
func (c *Client) AwaitEnd() {
	c.tb.Helper()
	c.await("the end", func() bool { return c.ended })
}

// Commands gives all commands so far.
func (c *Client) Commands() []Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.commands)
}

// Said counts the commands of a name so far.
func (c *Client) Said(name string) int {
	count := 0
	for _, command := range c.Commands() {
		if command.Name == name {
			count++
		}
	}
	return count
}
