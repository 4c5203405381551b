package tunnel

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// maxBuffered is how many bytes may wait in each direction.
const maxBuffered = 256 << 10

// session is the connection of one client. What the client sends and asks for comes by requests.
type session struct {
	id            string
	local, remote net.Addr
	// asking is held by the request that is being answered: a client sends one at a time.
	asking sync.Mutex
	// last is the number of the last request and answer what it was answered, for a client that repeats it; empty counts
	// answers with nothing in them. Guarded by asking.
	last   uint64
	answer []byte
	empty  int

	mu sync.Mutex
	// in is what the client sent, out what is for it. All that follows is guarded by mu.
	in, out     []byte
	closed      bool
	readBefore  time.Time
	writeBefore time.Time
	changed     chan struct{} // closed and replaced with each change
}

var _ net.Conn = (*session)(nil)

// wait waits until ready says true, which is called with mu held, or until a time that it gives; zero is never.
// The error is os.ErrDeadlineExceeded.
func (s *session) wait(ready func() (ok bool, until time.Time)) error {
	for {
		s.mu.Lock()
		ok, until := ready()
		changed := s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		if err := awaitChange(changed, until); err != nil {
			return err
		}
	}
}

func awaitChange(changed <-chan struct{}, until time.Time) error {
	if until.IsZero() {
		<-changed
		return nil
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	}
}

// change tells who waits that something is different. The caller holds mu.
func (s *session) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Read gives what the client sent.
func (s *session) Read(p []byte) (n int, err error) {
	late := s.wait(func() (bool, time.Time) {
		if n = copy(p, s.in); n == 0 && s.closed {
			err = io.EOF
		}
		if n > 0 {
			s.in = append(s.in[:0], s.in[n:]...)
			s.change()
		}
		return n > 0 || err != nil || len(p) == 0, s.readBefore
	})
	if late != nil {
		return 0, late
	}
	return n, err
}

// Write keeps what is for the client until it asks.
func (s *session) Write(p []byte) (n int, err error) {
	late := s.wait(func() (bool, time.Time) {
		switch {
		case s.closed:
			err = net.ErrClosed
		case len(s.out) == 0 || len(s.out)+len(p) <= maxBuffered:
			s.out = append(s.out, p...)
			n = len(p)
			s.change()
		default:
			return false, s.writeBefore
		}
		return true, time.Time{}
	})
	if late != nil {
		return 0, late
	}
	return n, err
}

// receive takes what the client sends, and reports false if nobody reads it in time.
func (s *session) receive(body []byte, patience time.Duration) bool {
	until := time.Now().Add(patience)
	open := true
	late := s.wait(func() (bool, time.Time) {
		switch {
		case s.closed:
			open = false
		case len(s.in) == 0 || len(s.in)+len(body) <= maxBuffered:
			s.in = append(s.in, body...)
			s.change()
		default:
			return false, until
		}
		return true, until
	})
	return late == nil && open
}

// take gives what is for the client, for which it waits a while. It reports false when the session is over and all was
// given.
func (s *session) take(patience time.Duration) (data []byte, open bool) {
	until := time.Now().Add(patience)
	_ = s.wait(func() (bool, time.Time) { return len(s.out) > 0 || s.closed, until }) // late is no fault
	s.mu.Lock()
	defer s.mu.Unlock()
	data, s.out = s.out, nil
	s.change()
	return data, len(data) > 0 || !s.closed
}

// Close ends the session. What is left can still be asked for.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.change()
	}
	return nil
}

// LocalAddr is the address of the web server.
func (s *session) LocalAddr() net.Addr { return s.local }

// RemoteAddr is where the first request came from.
func (s *session) RemoteAddr() net.Addr { return s.remote }

// SetDeadline sets both deadlines.
func (s *session) SetDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readBefore, s.writeBefore = t, t
	s.change()
	return nil
}

// SetReadDeadline says until when Read waits.
func (s *session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readBefore = t
	s.change()
	return nil
}

// SetWriteDeadline says until when Write waits.
func (s *session) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeBefore = t
	s.change()
	return nil
}
