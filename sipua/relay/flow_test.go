package relay

import (
	"net/netip"
	"sync"

	"sipbridge/sipua/transport"
)

// connection is a flow of which only its identity and end count.
type connection struct {
	gone  chan struct{}
	close sync.Once
}

func newConnection() *connection { return &connection{gone: make(chan struct{})} }

func (*connection) Send([]byte) error          { return nil }
func (c *connection) Close()                   { c.close.Do(func() { close(c.gone) }) }
func (c *connection) Done() <-chan struct{}    { return c.gone }
func (*connection) Transport() string          { return "WS" }
func (*connection) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:80") }
func (*connection) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.9:5070") }

var _ transport.Flow = (*connection)(nil)
