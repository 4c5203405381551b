package transcode

import (
	"sync/atomic"

	"sipbridge/transcode/opus"
)

// Effort is how much work all encoders that share it put into a packet. Any goroutine may change it at any time.
type Effort struct{ complexity atomic.Int32 }

// NewEffort makes an Effort of a complexity of Opus, 0 to 10.
func NewEffort(complexity int) *Effort {
	e := &Effort{}
	e.SetComplexity(complexity)
	return e
}

// SetComplexity sets the complexity of Opus from the next packet on.
func (e *Effort) SetComplexity(complexity int) {
	e.complexity.Store(int32(min(max(complexity, 0), 10)))
}

// Complexity is that of Opus now.
func (e *Effort) Complexity() int { return int(e.complexity.Load()) }

// yielding is an encoder of Opus that follows an Effort.
type yielding struct {
	*opus.Encoder

	effort     *Effort
	complexity int // of the encoder
}

func newYielding(encoder *opus.Encoder, effort *Effort) *yielding {
	return &yielding{Encoder: encoder, effort: effort, complexity: -1}
}

// Encode encodes a frame with the effort of this moment.
func (y *yielding) Encode(pcm []int16, payload []byte) (int, error) {
	if now := y.effort.Complexity(); now != y.complexity {
		if err := y.SetComplexity(now); err != nil {
			return 0, err //nolint:wrapcheck // says what it is
		}
		y.complexity = now
	}
	return y.Encoder.Encode(pcm, payload) //nolint:wrapcheck // says what it is
}
