package opus

import "errors"

// ClockRate is the RTP clock rate of Opus in Hz, whatever rate it is coded at (RFC 7587 section 4.1).
const ClockRate = 48000

// SampleRates are the rates in Hz at which sound can be decoded and encoded, the best first.
func SampleRates() []int { return []int{48000, 24000, 16000, 12000, 8000} }

// MaxSamples is the longest a packet may be, at ClockRate: 120 ms (RFC 6716 section 3.1, R5).
const MaxSamples = ClockRate / 1000 * 120

// ErrMalformed says that a packet breaks the framing rules of RFC 6716 section 3.
var ErrMalformed = errors.New("opus: malformed packet")

// Samples gives the length of a packet in samples at ClockRate, from its table-of-contents byte
// and frame count alone (RFC 6716 sections 3.1 and 3.2).
func Samples(packet []byte) (int, error) {
	if len(packet) == 0 {
		return 0, ErrMalformed
	}
	frames := 0
	switch packet[0] & 3 {
	case 0:
		frames = 1
	case 1, 2:
		frames = 2
	default:
		if len(packet) < 2 {
			return 0, ErrMalformed
		}
		frames = int(packet[1] & 0x3f)
	}
	samples := frames * frameSamples(packet[0]>>3)
	if frames == 0 || samples > MaxSamples {
		return 0, ErrMalformed
	}
	return samples, nil
}

// frameSamples gives the frame length of a configuration (RFC 6716 section 3.1, table 2).
func frameSamples(config byte) int {
	const millisecond = ClockRate / 1000
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		return [4]int{10, 20, 40, 60}[config&3] * millisecond
	case config < 16: // hybrid: 10, 20 ms
		return [2]int{10, 20}[config&1] * millisecond
	default: // CELT: 2.5, 5, 10, 20 ms
		return millisecond * 5 / 2 << (config & 3)
	}
}
