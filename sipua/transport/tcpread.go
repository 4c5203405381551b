package transport

import (
	"context"
	"errors"
	"os"
	"time"
)

// tcpReader is the state of the one goroutine that reads a connection.
type tcpReader struct {
	flow     *TCPFlow
	framer   *Framer
	deadline time.Time // when the peer is given up
	proven   bool      // the peer has sent a whole message, or we began the connection
	pending  bool      // a message has begun, and deadline is when it must be whole
}

// read is the only reader. It ends when the connection does, when the stream can't be framed, or when the
// peer takes too long. first is how long the first message may take; 0 is no such limit.
func (f *TCPFlow) read(ctx context.Context, first time.Duration) {
	defer f.tcp.conns.Done()
	defer f.leave()
	if !f.shakeHands(ctx) {
		return
	}
	r := tcpReader{flow: f, framer: NewFramer(f.tcp.options.MaxMessage), proven: first == 0}
	f.used.Store(time.Now().UnixNano())
	r.deadline = time.Now().Add(first)
	if r.proven {
		r.deadline = f.idleUntil()
	}
	buffer := make([]byte, 4096)
	for r.readOnce(buffer) {
	}
}

// readOnce reports false when reading has ended.
func (r *tcpReader) readOnce(buffer []byte) bool {
	if err := r.flow.conn.SetReadDeadline(r.deadline); err != nil {
		return false
	}
	n, err := r.flow.conn.Read(buffer)
	if n > 0 {
		if !r.take(buffer[:n]) {
			return false
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return r.mayStay()
	}
	return err == nil
}

// take takes what was read. A pong is no use of the connection. It reports false if the stream is broken.
func (r *tcpReader) take(data []byte) bool {
	now := time.Now().UnixNano()
	r.flow.heard.Store(now)
	if r.isPong(data) {
		r.flow.pongs.Store(true)
		return true
	}
	r.flow.used.Store(now)
	messages, ok := r.deliver(data)
	if ok {
		r.progress(messages)
	}
	return ok
}

// deliver hands on what the bytes complete, and counts it. It reports false if the stream is broken.
func (r *tcpReader) deliver(data []byte) (messages int, ok bool) {
	counts := &r.flow.tcp.counts
	r.framer.Push(data)
	for {
		frame, found := r.framer.Next()
		if !found {
			return messages, true
		}
		if frame.Ping {
			counts.pings.Add(1)
			if r.flow.Send([]byte("\r\n")) != nil {
				return messages, false
			}
		}
		if frame.Message != nil {
			if !r.flow.allowed() {
				return messages, false
			}
			messages++
			counts.received.Add(1)
			r.flow.receive(frame.Message)
		}
		if frame.Err != nil {
			counts.malformed.Add(1)
			return messages, false
		}
	}
}

// allowed counts a message of the peer, and reports false when it sends too many.
func (f *TCPFlow) allowed() bool {
	if f.tcp.limiter == nil || f.tcp.limiter.Allow(f.remote.Addr(), time.Now()) {
		return true
	}
	f.tcp.counts.limited.Add(1)
	return false
}

// receive guards the connection, and all others, against a panic of the Receiver.
func (f *TCPFlow) receive(message []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			f.tcp.counts.panics.Add(1)
			f.tcp.panics.tell(f.local, cause)
		}
	}()
	f.tcp.options.Receive(f, message)
}

// progress sets the deadline anew. The time of a message runs from its first byte, and that of the first one
// from the start of the connection, so that dripping does not help.
func (r *tcpReader) progress(messages int) {
	r.proven = r.proven || messages > 0
	wasPending := r.pending && messages == 0
	r.pending = r.framer.Pending()
	switch {
	case !r.proven, r.pending && wasPending:
	case r.pending:
		r.deadline = time.Now().Add(r.flow.tcp.options.Completion)
	default:
		r.deadline = r.flow.idleUntil()
	}
}

// mayStay says, at the deadline, whether the connection was only idle and something keeps it.
func (r *tcpReader) mayStay() bool {
	if r.proven && !r.pending && !r.flow.isClosed() {
		if r.deadline = r.flow.idleUntil(); time.Now().Before(r.deadline) {
			return true
		}
	}
	if !r.flow.isClosed() {
		r.flow.tcp.counts.timedOut.Add(1)
	}
	return false
}

// idleUntil is when silence, starting with the last message either way, ends the connection.
func (f *TCPFlow) idleUntil() time.Time {
	idle := time.Unix(0, f.used.Load()).Add(f.tcp.options.Idle)
	if kept := time.Unix(0, f.kept.Load()); kept.After(idle) {
		return kept
	}
	return idle
}
