package webrtcmedia

import (
	"time"

	"github.com/pion/rtcp"

	"sipbridge/transcode/sequence"
)

// reception follows the browser's stream for reports and statistics (RFC 3550 section 6.4.1 and appendix A.3, A.8).
// It is not safe for concurrent use.
type reception struct {
	// total counts packets since the start of the session, whatever their source.
	total uint64
	// lostBefore is what earlier sources, or earlier counts of this one, had lost.
	lostBefore uint64

	known         bool
	ssrc          uint32
	window        sequence.Window
	base, highest int64
	received      uint64 // of the count from base, without duplicates

	// expectedPrior and receivedPrior are those of the last report.
	expectedPrior, receivedPrior uint64

	clock       uint32 // of the audio, in Hz
	jitter      float64
	transit     uint32
	transitDone bool
	began       time.Time

	report   uint32 // middle 32 bits of the last sender report's time; 0: none
	reported time.Time
}

// packet counts a packet.
func (r *reception) packet(ssrc uint32, number uint16, now time.Time) {
	r.total++
	if !r.known || r.ssrc != ssrc {
		*r = reception{total: r.total, lostBefore: r.lost(), known: true, ssrc: ssrc, began: now}
	}
	place, verdict := r.window.Place(number)
	switch verdict {
	case sequence.First:
		r.lostBefore = r.lost()
		r.base, r.highest, r.received = place, place, 1
		r.expectedPrior, r.receivedPrior = 0, 0
	case sequence.Ahead:
		r.highest = place
		r.received++
	case sequence.Late:
		r.received++
	default:
	}
}

// timing takes the timestamp of an audio packet into the jitter.
func (r *reception) timing(timestamp, clock uint32, now time.Time) {
	if clock != r.clock {
		r.clock, r.jitter, r.transitDone = clock, 0, false
	}
	arrival := uint32(int64(now.Sub(r.began)/time.Microsecond) * int64(clock) / 1e6)
	transit := arrival - timestamp
	if r.transitDone {
		change := int32(transit - r.transit)
		if change < 0 {
			change = -change
		}
		r.jitter += (float64(change) - r.jitter) / 16
	}
	r.transit, r.transitDone = transit, true
}

// senderReport remembers when the browser's last sender report came.
func (r *reception) senderReport(ssrc uint32, ntp uint64, now time.Time) {
	if r.known && r.ssrc == ssrc {
		r.report, r.reported = uint32(ntp>>16), now
	}
}

func (r *reception) expected() uint64 {
	if r.received == 0 {
		return 0
	}
	return uint64(r.highest-r.base) + 1
}

// lost counts packets that never came.
func (r *reception) lost() uint64 {
	expected := r.expected()
	if expected <= r.received {
		return r.lostBefore
	}
	return r.lostBefore + expected - r.received
}

func (r *reception) jitterTime() time.Duration {
	if r.clock == 0 {
		return 0
	}
	return time.Duration(r.jitter * float64(time.Second) / float64(r.clock))
}

// block gives the reception report block.
func (r *reception) block(now time.Time) []rtcp.ReceptionReport {
	expected := r.expected()
	if expected == 0 {
		return nil
	}
	block := rtcp.ReceptionReport{
		SSRC:               r.ssrc,
		FractionLost:       fractionLost(expected-r.expectedPrior, r.received-r.receivedPrior),
		TotalLost:          uint32(min(r.lost(), 1<<23-1)),
		LastSequenceNumber: uint32(r.highest - r.base&^0xffff),
		Jitter:             uint32(r.jitter),
		LastSenderReport:   r.report,
	}
	if r.report != 0 {
		block.Delay = uint32(now.Sub(r.reported) * (1 << 16) / time.Second)
	}
	r.expectedPrior, r.receivedPrior = expected, r.received
	return []rtcp.ReceptionReport{block}
}

// fractionLost is in 1/256.
func fractionLost(expected, received uint64) uint8 {
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)*256/expected, 255))
}
