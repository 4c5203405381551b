package transcode

import (
	"sync/atomic"

	"github.com/pion/rtp"
)

// Switch is a PacketWriter that passes packets to another one, which may be changed at any time from any
// goroutine. It is the one point of synchronisation on the media path. The zero value drops
// everything.
type Switch struct {
	to atomic.Pointer[PacketWriter]
}

// Set plugs the Switch into another writer; nil drops the packets. A packet that is being written
// while Set is called may still reach the old writer after Set has returned.
func (s *Switch) Set(to PacketWriter) {
	if to == nil {
		s.to.Store(nil)
		return
	}
	s.to.Store(&to)
}

// WriteRTP passes the packet on.
func (s *Switch) WriteRTP(packet *rtp.Packet) error {
	to := s.to.Load()
	if to == nil {
		return nil
	}
	return (*to).WriteRTP(packet)
}
