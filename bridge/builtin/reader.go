package builtin

import (
	"sync"
	"time"

	"sipbridge/transcode/dtmf"
)

const (
	// keyTime and gapTime are how long each key is heard and how long the silence after it lasts; ITU-T Q.24 asks
	// receivers for 40 ms of each.
	keyTime = 160 * time.Millisecond
	gapTime = 100 * time.Millisecond
	// maxKeys is the number of keys remembered.
	maxKeys = 64
)

// reader plays the keys that were pressed, when none came for a while, and silence meanwhile.
type reader struct {
	rate  int // of the sound, in Hz
	pause int // in samples

	// mu guards what follows.
	mu sync.Mutex
	// pressed are the keys to be read back; quiet is how many samples ago the last came.
	pressed []byte
	quiet   int

	// ---- owned by the goroutine that calls Read ----

	// reading are the keys that are being read back; the sound of the first is tone, of which so
	// many samples of key and gap are left.
	reading  []byte
	tone     *dtmf.Tone
	key, gap int
}

func newReader(rate int, pause time.Duration) *reader {
	r := &reader{rate: rate}
	r.pause = r.samples(pause)
	return r
}

func (r *reader) samples(length time.Duration) int {
	return int(length * time.Duration(r.rate) / time.Second)
}

// press remembers a key.
func (r *reader) press(digit byte) {
	if _, _, ok := dtmf.Frequencies(digit); !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet = 0
	if len(r.pressed) < maxKeys {
		r.pressed = append(r.pressed, digit)
	}
}

// Read gives the next samples.
func (r *reader) Read(pcm []int16) {
	clear(pcm)
	r.listen(len(pcm))
	for len(pcm) > 0 {
		switch {
		case r.key > 0:
			n := min(r.key, len(pcm))
			r.tone.Read(pcm[:n])
			r.key, pcm = r.key-n, pcm[n:]
		case r.gap > 0:
			n := min(r.gap, len(pcm))
			r.gap, pcm = r.gap-n, pcm[n:]
		case len(r.reading) > 0:
			r.begin()
		default:
			return
		}
	}
}

// listen takes the keys over once the pause after them is over.
func (r *reader) listen(samples int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet += samples
	if len(r.pressed) > 0 && r.quiet >= r.pause {
		r.reading, r.pressed = append(r.reading, r.pressed...), nil
	}
}

// begin begins the next key.
func (r *reader) begin() {
	tone, err := dtmf.NewKeyTone(r.reading[0], r.rate)
	r.reading = r.reading[1:]
	if err != nil {
		return // press lets in only keys that have a tone
	}
	r.tone, r.key, r.gap = tone, r.samples(keyTime), r.samples(gapTime)
}
