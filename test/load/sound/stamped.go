package sound

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Stamped is a way whose payloads carry the time when they were sent. It is for codecs that pass through untouched.
type Stamped struct {
	packets [][]byte
	next    int
	payload []byte // what Next gave
	epoch   time.Time
}

// mark begins a payload with a time; eight bytes of nanoseconds follow. As sound it is a click.
const (
	mark      = "sipload\x00"
	stampSize = len(mark) + 8
)

// NewStamped makes a way that plays the packets, each of which has its first bytes replaced by the time.
func NewStamped(packets [][]byte) *Stamped { return &Stamped{packets: packets, epoch: time.Now()} }

// Play has other packets played. It is called before the first Next.
func (s *Stamped) Play(packets [][]byte) { s.packets = packets }

// Next gives the next payload.
func (s *Stamped) Next() []byte {
	packet := s.packets[s.next%len(s.packets)]
	s.next++
	s.payload = append(s.payload[:0], mark...)
	s.payload = binary.BigEndian.AppendUint64(s.payload, uint64(time.Since(s.epoch)))
	if len(packet) > stampSize {
		s.payload = append(s.payload, packet[stampSize:]...)
	}
	return s.payload
}

// Arrived reads the time from the payload.
func (s *Stamped) Arrived(payload []byte, at time.Time) (time.Duration, bool) {
	if len(payload) < stampSize || !bytes.HasPrefix(payload, []byte(mark)) {
		return 0, false
	}
	sent := time.Duration(binary.BigEndian.Uint64(payload[len(mark):]))
	return at.Sub(s.epoch) - sent, true
}
