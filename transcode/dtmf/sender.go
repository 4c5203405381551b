package dtmf

import (
	"errors"
	"time"
)

const (
	// Interval is the time between two packets of one key (RFC 4733 section 2.5.1.2 leaves it to the
	// audio's packet time; 20 ms is what everybody uses).
	Interval = 20 * time.Millisecond
	// MinDuration is the shortest key that is sent: receivers must notice 40 ms (ITU-T Q.24).
	MinDuration = 40 * time.Millisecond
	// MaxDuration is the longest key that is sent. A longer one that is received is reported when it has
	// lasted so long.
	MaxDuration = 10 * time.Second

	// endPackets is how often the end is told, against loss (RFC 4733 section 2.5.1.4).
	endPackets = 3
	// volume is the level that a receiver may play, in -dBm0.
	volume = 10
	// maxUnits is the longest duration that one segment can tell.
	maxUnits = 0xffff
)

// ErrNoKey says that a character is no telephone key, or that the clock rate is missing.
var ErrNoKey = errors.New("dtmf: not a key")

// Packet is one RTP packet of a key.
type Packet struct {
	// Payload is the RTP payload.
	Payload [PayloadSize]byte
	// Marker is the marker bit: set on the first packet of a key.
	Marker bool
	// Offset is to be added to the RTP timestamp at which the key began. It is 0 but for keys longer than
	// one segment can tell (RFC 4733 section 2.5.1.3).
	Offset uint32
}

// Sender makes the packets of one key press.
type Sender struct {
	code  uint8
	total uint32 // length of the key in timestamp units
	step  uint32 // Interval in timestamp units

	elapsed uint32 // what the next packet tells, in units
	segment uint32 // where the current segment began, in units
	ends    int    // end packets made
}

// NewSender starts a key. Duration is brought between MinDuration and MaxDuration. ClockRate is that of the
// negotiated telephone-event format, in Hz.
func NewSender(digit byte, duration time.Duration, clockRate uint32) (*Sender, error) {
	code, ok := Event(digit)
	if !ok || clockRate < 1000 {
		return nil, ErrNoKey
	}
	duration = min(max(duration, MinDuration), MaxDuration)
	return &Sender{
		code:  code,
		total: uint32(int64(duration) * int64(clockRate) / int64(time.Second)),
		step:  uint32(int64(Interval) * int64(clockRate) / int64(time.Second)),
	}, nil
}

// Next gives the next packet, to be sent Interval after the one before; ok is false when the key is done.
// Each packet tells the duration that the key will have when the next one is due, so that the first
// already tells something.
func (s *Sender) Next() (packet Packet, ok bool) {
	if s.ends == endPackets {
		return Packet{}, false
	}
	first := s.elapsed == 0
	if s.elapsed-s.segment == maxUnits && s.elapsed < s.total {
		s.segment = s.elapsed
	}
	s.elapsed = min(s.elapsed+s.step, s.segment+maxUnits, s.total)
	last := s.elapsed == s.total
	if last {
		s.ends++
	}
	told := event{code: s.code, end: last, volume: volume, duration: uint16(s.elapsed - s.segment)}
	return Packet{Payload: told.marshal(), Marker: first, Offset: s.segment}, true
}
