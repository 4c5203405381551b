package stream

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/load/sound"
)

// Meter measures one received stream while it is open. One goroutine calls Arrived.
type Meter struct {
	// Way tells the delays.
	Way sound.Way

	mu     sync.Mutex // guards what follows
	open   bool
	seen   bool
	ssrc   uint32
	latest uint16
	counts Counts
	total  uint64
	first  time.Time
}

// Counts is what a Meter saw while it was open.
type Counts struct {
	// Received counts packets, and Missing those that gaps in the sequence numbers tell of and that did not come later.
	Received, Missing int
	// Delays are those that payloads told, in the order of their arrival.
	Delays []time.Duration
}

// Open begins the measurement.
func (m *Meter) Open() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open, m.seen, m.counts = true, false, Counts{}
}

// Close ends the measurement and gives its result.
func (m *Meter) Close() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = false
	return m.counts
}

// Total counts the packets that ever arrived.
func (m *Meter) Total() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}

// First is when the first packet ever arrived; zero if none did.
func (m *Meter) First() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.first
}

// Arrived takes a packet that was received at the time.
func (m *Meter) Arrived(packet *rtp.Packet, at time.Time) {
	delay, told := m.Way.Arrived(packet.Payload, at)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.total++; m.total == 1 {
		m.first = at
	}
	if !m.open {
		return
	}
	m.counts.Received++
	m.follow(packet)
	if told {
		m.counts.Delays = append(m.counts.Delays, delay)
	}
}

// follow counts gaps. A packet that comes late takes back the gap that it had left; a new source begins anew.
func (m *Meter) follow(packet *rtp.Packet) {
	step := int16(packet.SequenceNumber - m.latest)
	switch {
	case !m.seen || packet.SSRC != m.ssrc:
		m.seen, m.ssrc, m.latest = true, packet.SSRC, packet.SequenceNumber
	case step > 0:
		m.counts.Missing += int(step) - 1
		m.latest = packet.SequenceNumber
	case step < 0 && m.counts.Missing > 0:
		m.counts.Missing--
	}
}
