package srtp

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

// replayWindow is how far back a packet may come late; older ones, and those that came before, are dropped
// (RFC 3711 section 3.3.2).
const replayWindow = 64

// Opener decrypts packets of one key. It may be used by any number of goroutines.
type Opener struct {
	mu      sync.Mutex // guards the following field; held for arithmetic only
	context *pion.Context
}

// NewOpener makes an Opener of a key, and of others of its suite that packets may name in its place: each needs an
// identifier of its own, all of one size (RFC 4568 section 6.1).
func NewOpener(key Key, others ...Key) (*Opener, error) {
	context, err := pion.CreateContext(key.master(), key.salt(), key.suite.profile(),
		pion.MasterKeyIndicator(key.identifier.octets()),
		pion.SRTPReplayProtection(replayWindow), pion.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("SRTP: %w", err)
	}
	for _, other := range others {
		if err := context.AddCipherForMKI(other.identifier.octets(), other.master(), other.salt()); err != nil {
			return nil, fmt.Errorf("SRTP: %w", err)
		}
	}
	return &Opener{context: context}, nil
}

// OpenRTP decrypts a packet in place and reads it; packet's payload is in the datagram's memory.
func (o *Opener) OpenRTP(datagram []byte, packet *rtp.Packet) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	plain, err := o.context.DecryptRTP(datagram[:0], datagram, &packet.Header)
	if err != nil {
		return err //nolint:wrapcheck // media path
	}
	return packet.Unmarshal(plain) //nolint:wrapcheck // media path
}

// OpenRTCP decrypts a compound packet in place.
func (o *Opener) OpenRTCP(datagram []byte) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.context.DecryptRTCP(datagram[:0], datagram, nil) //nolint:wrapcheck // media path
}

// IsForged tells whether a packet could not be opened because it was not sealed with the key, or not as it is now, or
// carries another identifier. Others came before, or too late, or are no packets.
func IsForged(err error) bool {
	return errors.Is(err, pion.ErrFailedToVerifyAuthTag) || errors.Is(err, pion.ErrMKINotFound)
}
