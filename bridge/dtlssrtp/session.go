package dtlssrtp

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	// Overhead is how many octets protection adds to a packet, at most: a tag of 16, and for RTCP an index of 4.
	Overhead = 20
	// replayWindow is how far back a packet may come late; older ones, and those that came before, are dropped
	// (RFC 3711 section 3.3.2).
	replayWindow = 64
)

// Session has the keys of a connection. Packets that go out and packets that come in may be handled at the same time.
type Session struct {
	connection *dtls.Conn

	// opening guards in, sealing guards out; each is held for arithmetic only.
	opening, sealing sync.Mutex
	in, out          *srtp.Context
	// header is where out reads a header; sealing guards it, too.
	header rtp.Header
}

func newSession(connection *dtls.Conn, client bool) (*Session, error) {
	chosen, err := profile(connection)
	if err != nil {
		return nil, err
	}
	state, ok := connection.ConnectionState()
	if !ok {
		return nil, fmt.Errorf("DTLS: %w", dtls.ErrConnClosed)
	}
	config := srtp.Config{Profile: chosen}
	if err = config.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return nil, fmt.Errorf("SRTP keys: %w", err)
	}
	keys := config.Keys
	in, err := srtp.CreateContext(keys.RemoteMasterKey, keys.RemoteMasterSalt, chosen,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("SRTP: %w", err)
	}
	out, err := srtp.CreateContext(keys.LocalMasterKey, keys.LocalMasterSalt, chosen)
	if err != nil {
		return nil, fmt.Errorf("SRTP: %w", err)
	}
	return &Session{connection: connection, in: in, out: out}, nil
}

// OpenRTP decrypts a packet from the peer in place and reads it; packet's payload is in the datagram's memory.
func (s *Session) OpenRTP(datagram []byte, packet *rtp.Packet) error {
	s.opening.Lock()
	defer s.opening.Unlock()
	plain, err := s.in.DecryptRTP(datagram[:0], datagram, &packet.Header)
	if err != nil {
		return err //nolint:wrapcheck // media path
	}
	return packet.Unmarshal(plain) //nolint:wrapcheck // media path
}

// OpenRTCP decrypts a compound packet from the peer in place.
func (s *Session) OpenRTCP(datagram []byte) ([]byte, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	return s.in.DecryptRTCP(datagram[:0], datagram, nil) //nolint:wrapcheck // media path
}

// SealRTP encrypts a packet in place: the first size octets of buffer, which has room for Overhead more.
func (s *Session) SealRTP(buffer []byte, size int) ([]byte, error) {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	return s.out.EncryptRTP(buffer[:0], buffer[:size], &s.header) //nolint:wrapcheck // media path
}

// SealRTCP encrypts a compound packet into memory of its own.
func (s *Session) SealRTCP(compound []byte) ([]byte, error) {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	return s.out.EncryptRTCP(nil, compound, nil) //nolint:wrapcheck // media path
}

// Wait returns when DTLS ends: the peer said goodbye, or Close was called. Data that come by DTLS are dropped.
func (s *Session) Wait() {
	data := make([]byte, 1)
	for {
		if _, err := s.connection.Read(data); errors.Is(err, io.EOF) {
			return
		}
	}
}

// Close says goodbye to the peer and ends DTLS and its connection.
func (s *Session) Close() error {
	if err := s.connection.Close(); err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	return nil
}
