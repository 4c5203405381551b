package transaction

import (
	"net"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// connection lets a Flow carry the state machines of sipgo's transactions.
type connection struct {
	flow  transport.Flow
	trace Tracer
	// keeps, if set, tells of a message that it is not to be sent.
	keeps func(message sip.Message) bool
	// wrote, if set, sees each message and its bytes after they were queued.
	wrote func(message sip.Message, raw []byte)
}

var _ sip.Connection = (*connection)(nil)

// WriteMsg sends one message. A header with a line break in its value is an error, and nothing is sent.
func (c *connection) WriteMsg(message sip.Message) error {
	if c.keeps != nil && c.keeps(message) {
		return nil
	}
	raw, err := wire.Bytes(message)
	if err != nil {
		return err
	}
	if c.wrote != nil {
		c.wrote(message, raw)
	}
	c.trace.sent(c.flow, raw)
	return c.flow.Send(raw)
}

// LocalAddr is the flow's own address.
func (c *connection) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.flow.LocalAddr()) }

// Ref does nothing: flows live and die by themselves.
func (c *connection) Ref(int) int { return 1 }

// TryClose does nothing: a transaction never closes its flow.
func (c *connection) TryClose() (int, error) { return 1, nil }

// Close does nothing: a transaction never closes its flow.
func (c *connection) Close() error { return nil }
