package rtmp

import (
	"errors"
	"os"
	"time"

	"sipbridge/signaling/rtmp/chunk"
)

// send puts a message about the connection into the queue. A client whose queue is full does not read, and is dropped.
func (c *conn) send(message chunk.Message) {
	c.put(outgoing{chunkStream: chunk.ControlStream, message: message})
}

func (c *conn) put(next outgoing) {
	select {
	case c.out <- next:
	case <-c.done:
	default:
		c.slow()
	}
}

// slow drops a client that does not read.
func (c *conn) slow() {
	c.server.counts.slow.Add(1)
	c.drop()
}

// schedule lets sound go out when it is due. What comes in a burst is dropped and no more: a client that does not
// read shows by its socket.
func (c *conn) schedule(sound scheduled) {
	if !c.playout.put(sound) {
		c.server.counts.audioDropped.Add(1)
	}
}

// write empties the queue, and pings.
func (c *conn) write() {
	defer c.close()
	writer := chunk.NewWriter(c.socket)
	ping := time.NewTicker(c.server.options.IdleTimeout / 3)
	defer ping.Stop()
	playing := time.NewTimer(time.Hour)
	defer playing.Stop()
	for {
		var err error
		last := false
		select {
		case next := <-c.out:
			last, err = next.last, c.writeOne(writer, next)
		case <-c.playout.wake:
			err = c.writeDue(writer, playing)
		case <-playing.C:
			err = c.writeDue(writer, playing)
		case <-ping.C:
			err = c.writeOne(writer, outgoing{
				chunkStream: chunk.ControlStream, message: chunk.Event(chunk.PingRequest, c.clock()),
			})
		case <-c.done:
			return
		}
		if err != nil {
			return
		}
		if last {
			c.waitForClose()
			return
		}
	}
}

// writeDue writes the sound that is due, and sets the timer to when there is more.
func (c *conn) writeDue(writer *chunk.Writer, playing *time.Timer) error {
	for {
		message, wait, ok := c.playout.take(time.Since(c.began))
		if !ok {
			playing.Reset(wait)
			return nil
		}
		if message.StreamID != c.playing.Load() {
			continue // it was closed meanwhile
		}
		err := c.writeOne(writer, outgoing{chunkStream: commandStream + message.StreamID, message: message})
		if err != nil {
			return err
		}
	}
}

func (c *conn) writeOne(writer *chunk.Writer, next outgoing) error {
	if c.sending.stuck(time.Now(), c.server.options.WriteTimeout) {
		c.server.counts.slow.Add(1)
		return errSilent
	}
	if c.sending.full() && isMedia(next.message.Type) {
		c.dropped(next.message)
		return nil
	}
	if err := c.socket.SetWriteDeadline(time.Now().Add(c.server.options.WriteTimeout)); err != nil {
		return err
	}
	var err error
	if next.message.Type == chunk.SetChunkSize {
		err = writer.SetChunkSize(outgoingChunk)
	} else {
		err = writer.WriteMessage(next.chunkStream, next.message)
	}
	c.sending.sent.Store(writer.Sent())
	if err == nil && (next.last || len(c.out) == 0) {
		err = writer.Flush()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.server.counts.slow.Add(1)
	}
	return err
}

func isMedia(messageType uint8) bool { return messageType == chunk.Audio || messageType == chunk.Video }

// waitForClose lets the client read the last word: a socket that is closed at once may take it away.
func (c *conn) waitForClose() {
	if half, ok := c.socket.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // and if it cannot, the whole is closed soon
	}
	timer := time.NewTimer(goodbye)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	}
}
