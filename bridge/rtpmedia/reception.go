package rtpmedia

import (
	"time"

	"github.com/pion/rtcp"
)

const (
	// maxSources is how many SSRCs of a party are counted at a time.
	maxSources = 8
	// maxDropout and maxMisorder are those of RFC 3550 appendix A.1.
	maxDropout  = 3000
	maxMisorder = 100
)

// reception counts what comes from a party, by SSRC. Who uses it locks.
type reception struct {
	sources []*source // at most maxSources
	// received and forgotten count all packets, and the losses of sources that are no longer counted.
	received, forgotten uint64
	jitter              time.Duration
}

// source is the state of one SSRC (RFC 3550 appendix A.1).
type source struct {
	ssrc    uint32
	heard   time.Time
	started bool

	base, highest uint16
	cycles        uint32 // sequence roll-overs, shifted left by 16
	bad           uint32 // the sequence number that would prove a restart; above 0xffff: none
	received      uint64
	lostBefore    uint64 // before the last restart

	clock   uint32
	arrival time.Time // of the packet with timestamp
	stamp   uint32
	jitter  float64 // in timestamp units

	expectedPrior, receivedPrior uint64 // at the last report

	report   uint32 // middle 32 bits of the NTP time of the newest sender report
	reported time.Time
}

const noBad = 1 << 16

// packet counts an RTP packet. Clock is the rate of its timestamp in Hz; 0 leaves the jitter alone.
func (r *reception) packet(ssrc uint32, sequence uint16, timestamp, clock uint32, now time.Time) {
	r.received++
	from := r.source(ssrc, now)
	from.heard = now
	from.count(sequence)
	if clock != 0 {
		from.measure(timestamp, clock, now)
		r.jitter = time.Duration(from.jitter / float64(clock) * float64(time.Second))
	}
}

// source finds an SSRC, or puts it in the place of the one heard longest ago.
func (r *reception) source(ssrc uint32, now time.Time) *source {
	oldest := 0
	for i, known := range r.sources {
		if known.ssrc == ssrc {
			return known
		}
		if known.heard.Before(r.sources[oldest].heard) {
			oldest = i
		}
	}
	fresh := &source{ssrc: ssrc, heard: now}
	if len(r.sources) < maxSources {
		r.sources = append(r.sources, fresh)
		return fresh
	}
	r.forgotten += r.sources[oldest].lost()
	r.sources[oldest] = fresh
	return fresh
}

// lost counts the packets that never came.
func (r *reception) lost() uint64 {
	total := r.forgotten
	for _, known := range r.sources {
		total += known.lost()
	}
	return total
}

// senderReport remembers when a source's sender report came, for the round trip.
func (r *reception) senderReport(report *rtcp.SenderReport, now time.Time) {
	for _, known := range r.sources {
		if known.ssrc == report.SSRC {
			known.report, known.reported = uint32(report.NTPTime>>16), now
		}
	}
}

// reports gives a report block for each source heard since the last call (RFC 3550 section 6.4.1).
func (r *reception) reports(now time.Time) []rtcp.ReceptionReport {
	var blocks []rtcp.ReceptionReport
	for _, known := range r.sources {
		if known.received != known.receivedPrior {
			blocks = append(blocks, known.block(now))
		}
	}
	return blocks
}

func (s *source) start(sequence uint16) {
	s.lostBefore = s.lost()
	s.started = true
	s.base, s.highest, s.cycles, s.bad = sequence, sequence, 0, noBad
	s.received, s.expectedPrior, s.receivedPrior = 1, 0, 0
}

// count follows the sequence numbers as RFC 3550 appendix A.1 does.
func (s *source) count(sequence uint16) {
	ahead := sequence - s.highest
	switch {
	case !s.started:
		s.start(sequence)
		return
	case ahead < maxDropout:
		if sequence < s.highest {
			s.cycles += 1 << 16
		}
		s.highest = sequence
	case ahead <= 1<<16-1-maxMisorder:
		if uint32(sequence) == s.bad { // two in a row: the party started anew
			s.start(sequence)
			return
		}
		s.bad = uint32(sequence + 1)
		return
	}
	s.received++
}

func (s *source) expected() uint64 {
	if !s.started {
		return 0
	}
	return uint64(s.cycles) + uint64(s.highest) - uint64(s.base) + 1
}

func (s *source) lost() uint64 {
	expected := s.expected()
	if expected <= s.received { // duplicates
		return s.lostBefore
	}
	return s.lostBefore + expected - s.received
}

// measure follows the jitter (RFC 3550 appendix A.8). A change of clock starts anew.
func (s *source) measure(timestamp, clock uint32, now time.Time) {
	if s.clock == clock && !s.arrival.IsZero() && timestamp != s.stamp {
		waited := now.Sub(s.arrival).Seconds() * float64(clock)
		difference := waited - float64(int32(timestamp-s.stamp))
		s.jitter += (min(abs(difference), float64(clock)) - s.jitter) / 16
	}
	if s.clock != clock {
		s.clock, s.jitter = clock, 0
	}
	s.arrival, s.stamp = now, timestamp
}

func abs(value float64) float64 { return max(value, -value) }

// block makes the report block and starts the next interval.
func (s *source) block(now time.Time) rtcp.ReceptionReport {
	expected, received := s.expected()-s.expectedPrior, s.received-s.receivedPrior
	s.expectedPrior, s.receivedPrior = s.expected(), s.received
	var fraction uint8
	if expected > received {
		fraction = uint8(min((expected-received)<<8/expected, 255))
	}
	block := rtcp.ReceptionReport{
		SSRC: s.ssrc, FractionLost: fraction, TotalLost: uint32(min(s.lost(), 1<<23-1)),
		LastSequenceNumber: s.cycles | uint32(s.highest), Jitter: uint32(s.jitter),
	}
	if !s.reported.IsZero() {
		block.LastSenderReport = s.report
		block.Delay = uint32(now.Sub(s.reported).Seconds() * 65536)
	}
	return block
}
