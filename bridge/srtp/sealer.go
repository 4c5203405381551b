package srtp

import (
	"fmt"
	"sync"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

// Overhead is how many octets protection adds to a packet, at most: a tag of 16, an identifier, and for RTCP an index
// of 4.
const Overhead = 20 + LongestIdentifier

// Sealer encrypts packets with one key. No other Sealer may have the same key: two packets would be encrypted with the
// same octets. It may be used by any number of goroutines.
type Sealer struct {
	mu      sync.Mutex // guards the following fields; held for arithmetic only
	context *pion.Context
	header  rtp.Header
}

// NewSealer makes a Sealer.
func NewSealer(key Key) (*Sealer, error) {
	context, err := pion.CreateContext(key.master(), key.salt(), key.suite.profile(),
		pion.MasterKeyIndicator(key.identifier.octets()))
	if err != nil {
		return nil, fmt.Errorf("SRTP: %w", err)
	}
	return &Sealer{context: context}, nil
}

// SealRTP encrypts a packet in place: the first size octets of buffer, which has room for Overhead more.
func (s *Sealer) SealRTP(buffer []byte, size int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.context.EncryptRTP(buffer[:0], buffer[:size], &s.header) //nolint:wrapcheck // media path
}

// SealRTCP encrypts a compound packet into memory of its own.
func (s *Sealer) SealRTCP(compound []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.context.EncryptRTCP(nil, compound, nil) //nolint:wrapcheck // media path
}
