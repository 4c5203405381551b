package mix

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode"
	"sipbridge/transcode/l16"
)

const (
	// frameTime is how often sound is added, and frameSize how many samples that are.
	frameTime = 20 * time.Millisecond
	frameSize = l16.SampleRate / 50
	// framesBehind is how many frames a Mixer that was stopped plays at once; what is missing beyond is left out.
	framesBehind = 5
)

// samples is the format of sound in here.
func samples() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "L16", ClockRate: l16.SampleRate}, PayloadType: 97}
}

// Mixer adds the sound of its parties.
type Mixer struct {
	parties []*Party // never changed once Run has begun
	// sum is what all say; for Run.
	sum [frameSize]int32
}

// Join makes one more party, who has to Agree to formats before anything is heard of it. It must not be called once Run
// has begun.
func (m *Mixer) Join() *Party {
	p := &Party{}
	p.frame.Header = rtp.Header{
		Version: 2, PayloadType: samples().PayloadType, SSRC: rand.Uint32(), Marker: true,
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}
	m.parties = append(m.parties, p)
	return p
}

// Run adds and sends until done is closed.
func (m *Mixer) Run(done <-chan struct{}) {
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	began, frames := time.Now(), 0
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		due := int(time.Since(began) / frameTime)
		frames = max(frames, due-framesBehind)
		for ; frames < due; frames++ {
			m.frame()
		}
	}
}

// frame adds one frame of each party and sends each the others' part.
func (m *Mixer) frame() {
	clear(m.sum[:])
	speaking := 0
	for _, p := range m.parties {
		if !p.take() {
			continue
		}
		speaking++
		for i, sample := range &p.said {
			m.sum[i] += int32(sample)
		}
	}
	for _, p := range m.parties {
		others := speaking
		if p.spoke {
			others--
		}
		p.hear(&m.sum, others > 0)
	}
}
