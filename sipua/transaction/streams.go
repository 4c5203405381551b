package transaction

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

const (
	// maxDatagram is how many bytes a request over UDP may have where the path's MTU is not known (RFC 3261 section
	// 18.1.1).
	maxDatagram = 1300
	// streamPatience is how long a peer may take to accept a connection for a larger one before it goes over UDP.
	streamPatience = 2 * time.Second
	// streamMemory is how long a peer that took no connection is not asked again, and mostRefusers how many such peers
	// are remembered.
	streamMemory = 10 * time.Minute
	mostRefusers = 1024
)

// streams finds the connections that carry what is too large for a datagram.
type streams struct {
	// flowTo is that of Options.
	flowTo func(transport.Target) (transport.Flow, error)

	mu       sync.Mutex
	refusers map[netip.AddrPort]time.Time // guarded by mu: until when a peer is not asked
}

func newStreams(flowTo func(transport.Target) (transport.Flow, error)) *streams {
	return &streams{flowTo: flowTo, refusers: make(map[netip.AddrPort]time.Time)}
}

// instead gives the connection over which a request has to go that was to go on a flow; nil if the flow will do.
func (s *streams) instead(flow transport.Flow, request *sip.Request) transport.Flow {
	if flow.Transport() != "UDP" || s.flowTo == nil || !isOverMTU(request) {
		return nil
	}
	if request.Method != sip.MESSAGE && s.hasRefused(flow.RemoteAddr()) {
		return nil
	}
	stream, err := s.flowTo(transport.Target{Transport: "TCP", Address: flow.RemoteAddr()})
	if err != nil || stream.Transport() != "TCP" {
		return nil
	}
	return stream
}

func (s *streams) hasRefused(peer netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.refusers[peer])
}

func (s *streams) refused(peer netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refusers) >= mostRefusers {
		clear(s.refusers)
	}
	s.refusers[peer] = time.Now().Add(streamMemory)
}

// ErrTooLarge is a request that one transport cannot carry; another may.
var ErrTooLarge = errors.New("request too large")

func tooLarge() error { return bridge.Cause{Status: 513, Text: message.Phrase(513), Err: ErrTooLarge} }

// IsTooLarge tells whether a request cannot go by a flow at all: a MESSAGE must not be fragmented (RFC 3428 section 8).
func IsTooLarge(flow transport.Flow, request *sip.Request) bool {
	return flow.Transport() == "UDP" && request.Method == sip.MESSAGE && isOverMTU(request)
}

func isOverMTU(request *sip.Request) bool {
	raw, err := wire.Bytes(request)
	return err == nil && len(raw) > maxDatagram
}

// datagram is what a large request may still go by, when no connection can be had.
type datagram struct {
	flow    transport.Flow
	request *sip.Request
	late    *time.Timer // when the connection should be there
}

// isConnected tells whether a connection has come about.
func isConnected(flow transport.Flow) bool {
	connecting, ok := flow.(interface{ Connected() <-chan struct{} })
	if !ok {
		return true
	}
	select {
	case <-connecting.Connected():
		return true
	default:
		return false
	}
}

// fallBack sends over UDP what could not go over a connection, unless its peer has been heard or it was given up.
func (t *Client) fallBack() {
	machine, open := t.unheard()
	if !open {
		t.Fail(ErrDisconnected)
		return
	}
	t.table.streams.refused(t.datagram.flow.RemoteAddr())
	if IsTooLarge(t.datagram.flow, t.datagram.request) {
		t.Fail(tooLarge())
		return
	}
	machine.Terminate()
	if err := t.table.begin(t, t.datagram.flow, t.datagram.request); err != nil {
		t.Fail(err)
	}
}

// beginSmaller sends over UDP what a connection did not take that was refused before anything could be written.
func (t *Table) beginSmaller(transaction *Client, refused error) error {
	large := transaction.datagram
	large.late.Stop()
	transaction.datagram = nil
	t.streams.refused(large.flow.RemoteAddr())
	if IsTooLarge(large.flow, large.request) {
		return errors.Join(refused, tooLarge())
	}
	return t.begin(transaction, large.flow, large.request)
}

// Stay has a request go no other way than it does, because it is not wanted any more.
func (t *Client) Stay() { t.stays.Store(true) }

// unheard gives the state machine; false if the peer has been heard or the transaction was given up.
func (t *Client) unheard() (machine *sip.ClientTx, open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.machine, !t.heard && !t.abandoned && !t.stays.Load() && t.final == 0
}
