package rtmp

import (
	"strings"

	"sipbridge/signaling/rtmp/chunk"
)

// maxStreams is how many message streams a client may have at a time. Phones have two.
const maxStreams = 16

// streamCommand gives what does a command about streams, or nil. What it gives wants mu to be held.
func (c *conn) streamCommand(asked command) func(command) {
	switch asked.name {
	case "createStream":
		return c.createStream
	case "publish":
		return c.publish
	case "play":
		return c.play
	case "seek":
		return c.seek
	case "closeStream":
		return func(asked command) { c.stop(asked.stream) }
	case "deleteStream":
		return c.deleteStream
	default:
		return nil
	}
}

func (c *conn) createStream(asked command) {
	if len(c.streams) >= maxStreams {
		c.tell(0, "_error", asked.transaction, nil,
			statusInfo("error", "NetConnection.Call.Failed", "Too many streams"))
		return
	}
	c.lastStream++
	c.streams[c.lastStream] = true
	c.result(asked, float64(c.lastStream))
}

// streamName gives the name that a client publishes or plays, without what stands behind it as in a URL.
func streamName(asked command) string {
	name, _, _ := strings.Cut(asked.text(0), "?")
	return clean(name)
}

// publish makes a stream the one on which the client speaks. The last one counts, whatever its name; but a name that it
// speaks under already is taken until that stream is closed or deleted.
func (c *conn) publish(asked command) {
	name := streamName(asked)
	switch {
	case !c.streams[asked.stream]:
		return
	case c.publishing != 0 && c.publishing != asked.stream && c.published == name:
		c.status(asked, "error", "NetStream.Publish.BadName", "Stream name already in use")
		return
	}
	c.publishing, c.published = asked.stream, name
	c.status(asked, "status", "NetStream.Publish.Start", name)
}

// play makes a stream the one on which the client hears, also before there is a call.
func (c *conn) play(asked command) {
	if !c.streams[asked.stream] {
		return
	}
	c.send(chunk.Event(chunk.StreamBegin, asked.stream))
	c.playing.Store(asked.stream) // before it is told, so that nothing is lost that is said as soon as it is
	c.words.plays(asked, streamName(asked))
}

// seek fails: what is said now has no other place.
func (c *conn) seek(asked command) {
	if c.streams[asked.stream] {
		c.status(asked, "error", "NetStream.Seek.Failed", "The stream is live")
	}
}

// begin repeats that a stream begins to a client that sets how much of it it keeps, as siprtmp did.
func (c *conn) begin(stream uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[stream] {
		c.send(chunk.Event(chunk.StreamBegin, stream))
	}
}

// stop ends publishing and playing on a stream; it can be used again.
func (c *conn) stop(stream uint32) {
	if c.publishing == stream {
		c.publishing, c.published = 0, ""
	}
	c.playing.CompareAndSwap(stream, 0)
}

func (c *conn) deleteStream(asked command) {
	if len(asked.args) > 0 {
		if stream, ok := asked.args[0].(float64); ok && stream >= 0 && stream <= float64(c.lastStream) {
			c.stop(uint32(stream))
			delete(c.streams, uint32(stream))
		}
	}
	c.result(asked)
}
