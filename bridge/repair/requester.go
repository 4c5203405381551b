package repair

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// maxMissing is how many packets are waited for; of a larger gap none is, for then a full picture is the quicker way.
	maxMissing = 128
	// maxAge is how long a packet is waited for: a later one comes too late to be seen or heard.
	maxAge = time.Second
	// maxAsked is how often a packet is asked for.
	maxAsked = 5
	// unknownRoundTrip is what counts while none was measured, and leastRoundTrip the least that does.
	unknownRoundTrip, leastRoundTrip = 100 * time.Millisecond, 20 * time.Millisecond
)

// Requester follows the numbers of a stream and finds those that are missing. It waits for nothing by itself: what is
// to be asked for is found when another packet comes. The zero value is ready. It is not safe for concurrent use.
type Requester struct {
	known   bool
	ssrc    uint32
	highest uint16
	missing []missing // the oldest first
}

// missing is a packet that did not come.
type missing struct {
	number      uint16
	since, last time.Time
	asked       int
}

// Take notes a packet that came in, and gives what is to be asked for now; nil for nothing.
func (r *Requester) Take(ssrc uint32, number uint16, roundTrip time.Duration, now time.Time) []rtcp.NackPair {
	ahead := int16(number - r.highest)
	switch {
	case !r.known || ssrc != r.ssrc || ahead > maxMissing || ahead < -8*maxMissing:
		r.known, r.ssrc, r.highest, r.missing = true, ssrc, number, r.missing[:0]
		return nil
	case ahead <= 0:
		r.Found(ssrc, number)
	default:
		for next := r.highest + 1; next != number; next++ {
			r.missing = append(r.missing, missing{number: next, since: now})
		}
		r.highest = number
	}
	if len(r.missing) == 0 {
		return nil
	}
	return r.due(roundTrip, now)
}

// Found notes that a packet came after all, and tells whether it was missing.
func (r *Requester) Found(ssrc uint32, number uint16) bool {
	i := slices.IndexFunc(r.missing, func(packet missing) bool { return packet.number == number })
	if i < 0 || ssrc != r.ssrc {
		return false
	}
	r.missing = slices.Delete(r.missing, i, i+1)
	return true
}

// due gives what to ask for: at once, and again whenever an answer should be here.
func (r *Requester) due(roundTrip time.Duration, now time.Time) []rtcp.NackPair {
	r.missing = slices.DeleteFunc(r.missing, func(packet missing) bool {
		return now.Sub(packet.since) > maxAge || packet.asked > maxAsked
	})
	if over := len(r.missing) - maxMissing; over > 0 {
		r.missing = slices.Delete(r.missing, 0, over)
	}
	if roundTrip == 0 {
		roundTrip = unknownRoundTrip
	}
	pause := max(roundTrip+roundTrip/4, leastRoundTrip)
	var numbers []uint16
	for i := range r.missing {
		packet := &r.missing[i]
		if packet.asked > 0 && now.Sub(packet.last) < pause {
			continue
		}
		packet.asked++
		packet.last = now
		if packet.asked <= maxAsked {
			numbers = append(numbers, packet.number)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	return rtcp.NackPairsFromSequenceNumbers(numbers)
}
