package mux

import (
	"bufio"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/udp"
)

const (
	// proofTime is how long a connection may take until ICE has proved it, and proofFrames how many packets.
	proofTime, proofFrames = 10 * time.Second, 64
	// idleTime is how long a browser may be silent; it checks the path every few seconds (RFC 7675).
	idleTime = 60 * time.Second
	// maxQueued is how many octets may wait to be written, a quarter of a second of pictures; more are lost.
	maxQueued = 64 << 10
	// writeTime is how long a browser may take to read what waits.
	writeTime = 10 * time.Second
)

// errQueue means a browser that reads more slowly than we send.
var errQueue = errors.New("mux: too much waits for a TCP connection")

// stream is a browser's TCP connection.
type stream struct {
	owner *streams
	conn  net.Conn
	from  netip.AddrPort
	wake  chan struct{} // something waits
	ended chan struct{} // closed by read

	mu     sync.Mutex // guards queued
	queued []byte     // frames
}

func newStream(owner *streams, conn net.Conn) *stream {
	return &stream{
		owner: owner, conn: conn, from: addressOf(conn.RemoteAddr()),
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// send queues a packet. It never waits.
func (t *stream) send(datagram []byte) error {
	t.mu.Lock()
	full := len(t.queued)+frameHeader+len(datagram) > maxQueued
	if !full {
		t.queued = appendFrame(t.queued, datagram)
	}
	t.mu.Unlock()
	if full {
		return errQueue
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return nil
}

// write writes what waits, until read ends.
func (t *stream) write() {
	var frames []byte
	for {
		select {
		case <-t.ended:
			return
		case <-t.wake:
		}
		t.mu.Lock()
		frames, t.queued = t.queued, frames[:0]
		t.mu.Unlock()
		_ = t.conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := t.conn.Write(frames); err != nil {
			_ = t.conn.Close() // ends read
		}
	}
}

// read hands over packets until the connection, or the call that it is of, ends.
func (t *stream) read() {
	defer func() {
		t.owner.socket.gone(t.from)
		t.owner.forget(t)
		_ = t.conn.Close()
		close(t.ended)
	}()
	_ = t.conn.SetReadDeadline(time.Now().Add(proofTime))
	frames, buffer := bufio.NewReaderSize(t.conn, udp.MaxDatagram), make([]byte, udp.MaxDatagram)
	proved := t.prove(frames, buffer)
	t.owner.prove(t)
	if !proved {
		t.owner.socket.mux.refused.Add(1)
		return
	}
	var message stun.Message
	for {
		_ = t.conn.SetReadDeadline(time.Now().Add(idleTime))
		frame, err := readFrame(frames, buffer)
		if err != nil || t.owner.socket.find(t.from) == nil {
			return
		}
		t.owner.socket.take(&message, frame, t.from, time.Now())
	}
}

// prove hands over checks until our agent has answered one, and tells whether it has. The packet that shows it is
// handed over, too.
func (t *stream) prove(frames *bufio.Reader, buffer []byte) bool {
	var message stun.Message
	for range proofFrames {
		frame, err := readFrame(frames, buffer)
		if err != nil {
			return false
		}
		proved := t.owner.socket.find(t.from) != nil
		if !proved && (len(frame) == 0 || frame[0] > 3) {
			return false
		}
		t.owner.socket.take(&message, frame, t.from, time.Now())
		if proved {
			return true
		}
	}
	return false
}
