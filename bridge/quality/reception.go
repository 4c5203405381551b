package quality

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// maxSources is how many SSRCs of a party are counted at a time.
	maxSources = 8
	// maxDropout and maxMisorder are those of RFC 3550 appendix A.1.
	maxDropout  = 3000
	maxMisorder = 100
)

// Reception counts what comes from a party, by SSRC. The zero value is ready. Who uses it locks.
type Reception struct {
	sources []*source // at most maxSources
	// received, octets and late count all packets.
	received, octets, late uint64
	// forgotten is what sources lost that are no longer counted.
	forgotten uint64
	jitter    time.Duration
	heard     time.Time
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

	bursts bursts

	clock   uint32
	arrival time.Time // of the packet with timestamp
	stamp   uint32
	jitter  float64 // in timestamp units

	expectedPrior, receivedPrior uint64 // at the last report

	report   uint32 // middle 32 bits of the NTP time of the newest sender report
	reported time.Time
}

const noBad = 1 << 16

// Packet counts an RTP packet that came now. Clock is the rate of its timestamp in Hz; 0 leaves the jitter alone.
func (r *Reception) Packet(packet *rtp.Packet, clock uint32, now time.Time) {
	r.received++
	r.octets += uint64(len(packet.Payload))
	r.heard = now
	from := r.source(packet.SSRC, now)
	from.heard = now
	if !from.count(packet.SequenceNumber) {
		r.late++
	}
	if clock != 0 {
		from.measure(packet.Timestamp, clock, now)
		r.jitter = time.Duration(from.jitter / float64(clock) * float64(time.Second))
	}
}

// source finds an SSRC, or puts it in the place of the one heard longest ago.
func (r *Reception) source(ssrc uint32, now time.Time) *source {
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
func (r *Reception) lost() uint64 {
	total := r.forgotten
	for _, known := range r.sources {
		total += known.lost()
	}
	return total
}

// SenderReport remembers when a source's sender report came, for the round trip.
func (r *Reception) SenderReport(report *rtcp.SenderReport, now time.Time) {
	for _, known := range r.sources {
		if known.ssrc == report.SSRC {
			known.report, known.reported = uint32(report.NTPTime>>16), now
		}
	}
}

// Newest gives the source that was heard last, and false before the first.
func (r *Reception) Newest() (ssrc uint32, known bool) {
	if newest := r.newest(); newest != nil {
		return newest.ssrc, true
	}
	return 0, false
}

func (r *Reception) newest() *source {
	var newest *source
	for _, known := range r.sources {
		if newest == nil || known.heard.After(newest.heard) {
			newest = known
		}
	}
	return newest
}

// Into puts the counts into Stats.
func (r *Reception) Into(stats *Stats) {
	stats.Received, stats.ReceivedOctets = r.received, r.octets
	stats.Lost, stats.Late = r.lost(), r.late
	stats.Jitter, stats.Heard = r.jitter, r.heard
}

// Reports gives a report block for each source heard since the last call (RFC 3550 section 6.4.1).
func (r *Reception) Reports(now time.Time) []rtcp.ReceptionReport {
	var blocks []rtcp.ReceptionReport
	for _, known := range r.sources {
		if known.received != known.receivedPrior {
			blocks = append(blocks, known.block(now))
		}
	}
	return blocks
}

// Beyond adds to the fractions lost what is lost behind us, in percent, on the way of packets that pass through: the
// source arms them by this number (RFC 7587 section 3.3), and a translator's reports are on the whole way, too
// (RFC 3550 section 7.2). The other figures stay those of the source's own way.
func Beyond(blocks []rtcp.ReceptionReport, percent int) {
	for i := range blocks {
		arrived := (256 - int(blocks[i].FractionLost)) * (100 - percent) / 100
		blocks[i].FractionLost = uint8(min(256-arrived, 255))
	}
}

func (s *source) start(sequence uint16) {
	s.lostBefore = s.lost()
	s.started = true
	s.base, s.highest, s.cycles, s.bad = sequence, sequence, 0, noBad
	s.received, s.expectedPrior, s.receivedPrior = 1, 0, 0
	s.bursts.came()
}

// count follows the sequence numbers as RFC 3550 appendix A.1 does, and reports false for a packet that came late or
// twice.
func (s *source) count(sequence uint16) (inOrder bool) {
	ahead := sequence - s.highest
	switch {
	case !s.started:
		s.start(sequence)
		return true
	case ahead < maxDropout:
		if sequence < s.highest {
			s.cycles += 1 << 16
		}
		s.highest = sequence
		s.bursts.lose(uint64(max(ahead, 1) - 1))
	case ahead <= 1<<16-1-maxMisorder:
		if uint32(sequence) == s.bad { // two in a row: the party started anew
			s.start(sequence)
			return true
		}
		s.bad = uint32(sequence + 1)
		return true
	}
	s.received++
	s.bursts.came()
	return ahead != 0 && ahead < maxDropout
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
