package ilbc

import "errors"

// ErrMalformed says that a payload is none of this codec.
var ErrMalformed = errors.New("ilbc: malformed payload")

// SampleRate is that of the sound, and the RTP clock rate, in Hz.
const SampleRate = 8000

// mode is one of the two lengths of frames (RFC 3951 section 1).
type mode struct{ size, samples int }

// short frames are of 20 ms and 15.2 kbit/s, long ones of 30 ms and 13.33.
func short() mode { return mode{size: 38, samples: 160} }
func long() mode  { return mode{size: 50, samples: 240} }

// mostFrames bounds a packet to 240 ms.
const mostFrames = 12

// modeOf finds out how long the frames of a payload are: only one of the two divides it, as short as it may be.
func modeOf(payload []byte) (mode, error) {
	for _, candidate := range [...]mode{short(), long()} {
		frames := len(payload) / candidate.size
		if frames > 0 && len(payload)%candidate.size == 0 && frames*candidate.samples <= mostFrames*short().samples {
			return candidate, nil
		}
	}
	return mode{}, ErrMalformed
}
