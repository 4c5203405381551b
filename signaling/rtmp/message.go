package rtmp

import (
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
)

// handle does what a message asks for. An error ends the connection.
func (c *conn) handle(message chunk.Message) error {
	switch message.Type {
	case chunk.Command0, chunk.Command3:
		if !c.commands.Allow() {
			return errFlood
		}
		return c.command(message)
	case chunk.Audio:
		c.hear(message)
	case chunk.Video:
		c.see(message)
	case chunk.Aggregate:
		return chunk.Parts(message, func(part chunk.Message) {
			switch part.Type {
			case chunk.Audio:
				c.hear(part)
			case chunk.Video:
				c.see(part)
			}
		})
	case chunk.UserControl:
		return c.userControl(message)
	case chunk.WindowAckSize:
		size, err := message.Number()
		c.window = max(size, minWindow)
		return err
	case chunk.Acknowledgement:
		received, err := message.Number()
		c.sending.acknowledge(received)
		return err
	case chunk.PeerBandwidth:
		return c.limitBandwidth(message)
	default: // data: nothing depends on it
	}
	return nil
}

func (c *conn) userControl(message chunk.Message) error {
	event, number, err := message.Event()
	if err != nil {
		return err
	}
	if !c.commands.Allow() {
		return errFlood
	}
	switch event {
	case chunk.PingRequest:
		c.send(chunk.Event(chunk.PingResponse, number))
	case chunk.SetBufferLength:
		c.begin(number)
	default: // the answers to our pings, and what only servers say
	}
	return nil
}

// command is a call of the client.
type command struct {
	name        string
	transaction float64
	// object is what stands behind the transaction: an object in connect, else null.
	object any
	args   []any
	stream uint32
}

// text gives an argument if it is a string, else an empty one.
func (c command) text(place int) string {
	if place >= len(c.args) {
		return ""
	}
	text, _ := c.args[place].(string)
	return text
}

// parseCommand reads a command. Type 17 has a byte in front that says that AMF0 follows, which may switch to AMF3.
func parseCommand(message chunk.Message) (command, error) {
	body := message.Payload
	if message.Type == chunk.Command3 {
		if len(body) == 0 || body[0] != 0 {
			return command{}, amf.ErrMarker
		}
		body = body[1:]
	}
	values, err := amf.Decode0(body)
	if err != nil {
		return command{}, err
	}
	if len(values) < 2 {
		return command{}, amf.ErrShort
	}
	parsed := command{stream: message.StreamID}
	name, isText := values[0].(string)
	transaction, isNumber := values[1].(float64)
	if !isText || !isNumber {
		return command{}, amf.ErrMarker
	}
	parsed.name, parsed.transaction = name, transaction
	if len(values) > 2 {
		parsed.object, parsed.args = values[2], values[3:]
	}
	return parsed, nil
}

// tell sends a command to the client on a message stream. The caller holds mu.
func (c *conn) tell(stream uint32, values ...any) { c.put(c.written(stream, values...)) }

// written makes a command in the form that the client asked for. The caller holds mu.
func (c *conn) written(stream uint32, values ...any) outgoing {
	body, err := amf.Encode0(values...)
	if err != nil {
		body = nil // all that we say has a form in AMF, and is short
	}
	message := chunk.Message{Type: chunk.Command0, StreamID: stream, Payload: body}
	if c.amf3 {
		message.Type, message.Payload = chunk.Command3, append([]byte{0}, body...)
	}
	return outgoing{chunkStream: commandStream + stream, message: message}
}

// data sends data to the client on a message stream. The caller holds mu.
func (c *conn) data(stream uint32, values ...any) {
	next := c.written(stream, values...)
	next.message.Type = chunk.Data0
	c.put(next)
}

// callback calls a method of the client. The caller holds mu.
func (c *conn) callback(name string, args ...any) {
	c.serial++
	c.tell(0, append([]any{name, c.serial, nil}, args...)...)
}

// status tells what became of a stream that a command was about, by the command's transaction. The caller holds mu.
func (c *conn) status(asked command, level, code, description string) {
	c.tell(asked.stream, "onStatus", asked.transaction, nil, amf.Object{Properties: []amf.Property{
		{Name: "level", Value: level},
		{Name: "code", Value: code},
		{Name: "description", Value: description},
		{Name: "details", Value: nil},
	}})
}
