package dtlssrtp

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pion/dtls/v3"
	pion "github.com/pion/srtp/v3"

	"sipbridge/bridge/srtp"
)

// Session has the keys of a connection. Packets that go out and packets that come in may be handled at the same time.
type Session struct {
	*srtp.Opener
	*srtp.Sealer

	connection *dtls.Conn
}

func newSession(connection *dtls.Conn, client bool) (*Session, error) {
	suite, chosen, err := profile(connection)
	if err != nil {
		return nil, err
	}
	state, ok := connection.ConnectionState()
	if !ok {
		return nil, fmt.Errorf("DTLS: %w", dtls.ErrConnClosed)
	}
	config := pion.Config{Profile: chosen}
	if err = config.ExtractSessionKeysFromDTLS(&state, client); err != nil {
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
	return &Session{Opener: in, Sealer: out, connection: connection}, nil
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
