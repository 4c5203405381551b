package rtpmedia

import (
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

// tones sends and hears keys as tones in the sound. The zero value does not.
type tones struct {
	// wanted is set before the first agreement.
	wanted bool
	// listener hears them; nil before the first agreement.
	listener atomic.Pointer[transcode.KeyListener]
}

// KeysAsTones is for a party that has no telephone-event: keys go to it and come from it as tones in the sound. It is
// called before the first offer of either side.
func (s *Session) KeysAsTones() { s.audio().tones.wanted, s.negotiation.tones = true, true }

// useTones goes by what was agreed on, if tones are wanted.
func (s *stream) useTones(formats []transcode.Format) {
	if !s.tones.wanted || len(formats) == 0 {
		return
	}
	s.sender.SetKeyTones(&formats[0])
	s.tones.listener.Store(transcode.NewKeyListener(formats, &s.heard, s.pressed))
}

// pass gives a packet of the party to its receiver, without tones that are keys.
func (s *stream) pass(packet *rtp.Packet) error {
	if listener := s.tones.listener.Load(); listener != nil {
		return listener.WriteRTP(packet)
	}
	return s.heard.WriteRTP(packet)
}
