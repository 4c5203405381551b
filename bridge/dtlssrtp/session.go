package dtlssrtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"

	"sipbridge/bridge/srtp"
)

// Session has the keys of a connection. Packets that go out and packets that come in may be handled at the same time.
//
// An association of DTLS costs three goroutines and their buffers, and all that it is for after the handshake is to
// repeat our last flight and to say goodbye. So it rests as soon as the peer has shown that it needs no flight of ours:
// where we are the client with the end of the handshake, else with the first packet of its that is opened. What is left
// is its state. The next packet of DTLS, or Close, wakes it, for good.
//
//	awake -- rest --> resting -- wake --> awake again
type Session struct {
	*srtp.Sealer

	opener  *srtp.Opener // what it opens shows that the peer has the keys
	conn    *Conn
	options Options
	heard   atomic.Bool // the peer has the keys

	mu         sync.Mutex  // guards the following fields
	connection *dtls.Conn  // nil while it rests, and while it falls asleep or wakes
	line       *line       // of connection
	resting    *dtls.State // nil while it does not
	closed     bool
}

func newSession(conn *Conn, connection *dtls.Conn, own *line, options Options) (*Session, error) {
	suite, chosen, err := profile(connection)
	if err != nil {
		return nil, err
	}
	state, ok := connection.ConnectionState()
	if !ok {
		return nil, fmt.Errorf("DTLS: %w", dtls.ErrConnClosed)
	}
	config := pion.Config{Profile: chosen}
	if err = config.ExtractSessionKeysFromDTLS(&state, options.Client); err != nil {
		return nil, fmt.Errorf("SRTP keys: %w", err)
	}
	keys := config.Keys
	theirs, err := srtp.KeyOf(suite, slices.Concat(keys.RemoteMasterKey, keys.RemoteMasterSalt))
	if err != nil {
		return nil, err
	}
	ours, err := srtp.KeyOf(suite, slices.Concat(keys.LocalMasterKey, keys.LocalMasterSalt))
	if err != nil {
		return nil, err
	}
	in, err := srtp.NewOpener(theirs)
	if err != nil {
		return nil, err
	}
	out, err := srtp.NewSealer(ours)
	if err != nil {
		return nil, err
	}
	s := &Session{opener: in, Sealer: out, conn: conn, options: options, connection: connection, line: own}
	if options.Client { // the last flight was the peer's
		s.hear()
	}
	return s, nil
}

// OpenRTP is srtp.Opener's.
func (s *Session) OpenRTP(datagram []byte, packet *rtp.Packet) error {
	err := s.opener.OpenRTP(datagram, packet)
	if err == nil {
		s.hear()
	}
	return err //nolint:wrapcheck // media path
}

// OpenRTCP is srtp.Opener's.
func (s *Session) OpenRTCP(datagram []byte) ([]byte, error) {
	compound, err := s.opener.OpenRTCP(datagram)
	if err == nil {
		s.hear()
	}
	return compound, err //nolint:wrapcheck // media path
}

// Resting tells whether DTLS rests.
func (s *Session) Resting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resting != nil
}

// hear takes note that the peer has the keys: so it has got our last flight.
func (s *Session) hear() {
	if s.heard.Load() || s.heard.Swap(true) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		_ = s.connection.SetReadDeadline(time.Unix(1, 0)) // ends listen; it never fails
	}
}

// Wait returns when DTLS ends: the peer said goodbye, or Close was called. Data that come by DTLS are dropped. One
// goroutine may call it, once.
func (s *Session) Wait() {
	if s.listen() || !s.rest() {
		return
	}
	select {
	case <-s.conn.done:
	case datagram := <-s.conn.waiting:
		s.conn.queue(datagram)
		if s.wake() {
			s.listen()
		}
	}
}

// listen reads until the end of DTLS, or reports false when it may rest.
func (s *Session) listen() (ended bool) {
	s.mu.Lock()
	connection := s.connection
	s.mu.Unlock()
	data := make([]byte, 1)
	for {
		_, err := connection.Read(data)
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.Is(err, context.DeadlineExceeded):
			return false
		}
	}
}

// rest lets DTLS rest, and reports false if it has ended. The state is taken when nothing can be sent any more, so that
// no number of a record is used twice, which would give the encryption away.
func (s *Session) rest() bool {
	s.mu.Lock()
	connection, own := s.connection, s.line
	s.connection, s.line = nil, nil
	s.mu.Unlock()
	if !own.cut() {
		return false
	}
	state, ok := connection.ConnectionState()
	_ = connection.Close() // frees it; nobody hears of that
	s.mu.Lock()
	closed := s.closed
	if ok && !closed {
		s.resting = &state
	}
	s.mu.Unlock()
	if ok && closed { // while it fell asleep
		s.farewell(&state)
	}
	return ok && !closed
}

// wake has DTLS go on, and reports false if Close has.
func (s *Session) wake() bool {
	s.mu.Lock()
	state := s.resting
	s.resting = nil
	s.mu.Unlock()
	if state == nil {
		return false
	}
	connection, own, err := s.options.resume(state, s.conn)
	if err != nil {
		return false
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.connection, s.line = connection, own
	}
	s.mu.Unlock()
	if closed { // while it woke
		_ = connection.Close()
	}
	return !closed
}

// farewell wakes DTLS to say goodbye.
func (s *Session) farewell(state *dtls.State) {
	if connection, _, err := s.options.resume(state, s.conn); err == nil {
		_ = connection.Close() // a goodbye that is not sent is like one lost
	}
}

// Close says goodbye to the peer and ends DTLS and its connection.
func (s *Session) Close() error {
	s.mu.Lock()
	connection, state := s.connection, s.resting
	s.resting, s.closed = nil, true
	s.mu.Unlock()
	var err error
	switch {
	case connection != nil:
		err = connection.Close()
	case state != nil:
		s.farewell(state)
	}
	if err = errors.Join(err, s.conn.Close()); err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	return nil
}
