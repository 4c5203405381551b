package ws

import (
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// core is what the connections of a Server or a Client have in common.
type core struct {
	options Options
	counts  counters
	panics  rate.Sometimes // one line a second
}

func newCore(options Options) *core {
	return &core{options: options.withDefaults(), panics: rate.Sometimes{Interval: time.Second}}
}

// Stats gives the counters.
func (c *core) Stats() Stats { return c.counts.snapshot() }

// serve reads a connection until it ends, and writes it in another goroutine.
func (c *core) serve(conn *Conn) {
	c.counts.open.Add(1)
	written := make(chan struct{})
	go func() {
		defer close(written)
		conn.write()
	}()
	err := conn.read()
	conn.end(websocket.CloseNormalClosure, "")
	<-written
	conn.linger(err)
	_ = conn.socket.Close()
	c.counts.open.Add(-1)
}

// panicked tells of a panic in Receive.
func (c *core) panicked(remote netip.AddrPort, cause any) {
	c.counts.panics.Add(1)
	stack := debug.Stack()
	stack = stack[:min(len(stack), 1500)]
	c.panics.Do(func() {
		c.options.Logger.Error("panic while receiving a message", "remote", remote, "cause", cause, "stack", string(stack))
	})
}
