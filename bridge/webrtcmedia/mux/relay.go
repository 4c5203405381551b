package mux

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/udp"
)

// relayQueue is how many packets wait for a relay; more are lost. Its Write may wait for the server's permission.
const relayQueue = 128

// relay is a relay of somebody's as a carrier.
type relay struct {
	socket  *socket
	conn    net.PacketConn
	local   netip.AddrPort
	queue   chan toRelay
	done    chan struct{} // closed by Close
	closing sync.Once
	running sync.WaitGroup
}

// toRelay is a packet on its way to a browser.
type toRelay struct {
	datagram []byte
	to       netip.AddrPort
}

func newRelay(at *socket, conn net.PacketConn) *relay {
	r := &relay{socket: at, conn: conn, queue: make(chan toRelay, relayQueue), done: make(chan struct{})}
	if known, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		r.local = netip.AddrPortFrom(known.AddrPort().Addr().Unmap(), known.AddrPort().Port())
	}
	return r
}

// run begins to read and write.
func (r *relay) run() {
	r.running.Go(r.read)
	r.running.Go(r.write)
}

// LocalAddr is the relay's address, which browsers see.
func (r *relay) LocalAddr() netip.AddrPort { return r.local }

// Send queues a packet.
func (r *relay) Send(datagram []byte, to netip.AddrPort) error {
	select {
	case r.queue <- toRelay{slices.Clone(datagram), to}:
	default:
	}
	return nil
}

func (r *relay) read() {
	var message stun.Message
	buffer := make([]byte, udp.MaxDatagram+1)
	for {
		size, from, err := r.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if known, ok := from.(*net.UDPAddr); ok {
			at := known.AddrPort()
			r.socket.take(&message, buffer[:size], netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), time.Now())
		}
	}
}

func (r *relay) write() {
	for {
		select {
		case <-r.done:
			return
		case next := <-r.queue:
			// What a relay does not take is lost, as on any way; ICE notices.
			_, _ = r.conn.WriteTo(next.datagram, net.UDPAddrFromAddrPort(next.to))
		}
	}
}

// Close ends the relay.
func (r *relay) Close() error {
	var err error
	r.closing.Do(func() {
		close(r.done)
		err = r.conn.Close()
		r.running.Wait()
	})
	return err //nolint:wrapcheck // by the Mux
}
