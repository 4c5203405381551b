//go:build !libavcodec

package avcodec

// Decoder decodes one stream. There is none in this program.
type Decoder struct{}

// New gives ErrMissing.
func New(Options) (*Decoder, error) { return nil, ErrMissing }

// Decode gives ErrMissing.
func (*Decoder) Decode([]byte, []int16) ([]int16, error) { return nil, ErrMissing }

// Close does nothing.
func (*Decoder) Close() {}

// SampleRate gives 0.
func (*Decoder) SampleRate() int { return 0 }
