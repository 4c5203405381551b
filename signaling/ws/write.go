package ws

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"
)

// write sends what is queued, and pings. When the connection ends it sends what waits and the close frame,
// and gives the client a moment to answer; a client that can't be written to is cut off.
func (c *Conn) write() {
	ticker := time.NewTicker(c.core.options.PingInterval)
	defer ticker.Stop()
	for {
		var f frame
		select {
		case <-c.done:
			c.sayGoodbye()
			return
		case f = <-c.queue:
		case <-ticker.C:
			f = frame{kind: websocket.PingMessage}
		}
		if !c.writeFrame(f, c.deadline()) {
			c.end(websocket.CloseAbnormalClosure, "")
			_ = c.socket.Close()
			return
		}
	}
}

func (c *Conn) deadline() time.Time { return time.Now().Add(c.core.options.WriteTimeout) }

func (c *Conn) sayGoodbye() {
	deadline := c.deadline()
	c.flush(deadline)
	c.hurry()
	if c.dropped.Load() {
		_ = c.socket.Close()
		return
	}
	closing := websocket.FormatCloseMessage(c.code, c.text)
	err := c.socket.WriteControl(websocket.CloseMessage, closing, deadline)
	if err != nil && !errors.Is(err, websocket.ErrCloseSent) { // gorilla sends its own for a broken protocol
		_ = c.socket.Close()
	}
}

// flush writes what waits in the queue, unless the client is slow.
func (c *Conn) flush(deadline time.Time) {
	for !c.dropped.Load() {
		select {
		case f := <-c.queue:
			if !c.writeFrame(f, deadline) {
				return
			}
		default:
			return
		}
	}
}

func (c *Conn) writeFrame(f frame, deadline time.Time) bool {
	err := c.socket.SetWriteDeadline(deadline)
	if err == nil {
		err = c.send(f, deadline)
	}
	if isTimeout(err) {
		c.drop()
	}
	return err == nil
}

func (c *Conn) send(f frame, deadline time.Time) error {
	if f.kind == websocket.PingMessage || f.kind == websocket.PongMessage {
		return c.socket.WriteControl(f.kind, f.data, deadline)
	}
	if err := c.socket.WriteMessage(f.kind, f.data); err != nil {
		return err
	}
	c.core.counts.sent.Add(1)
	return nil
}
