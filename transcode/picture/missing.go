//go:build !video

package picture

// Available tells whether there are Converters.
const Available = false

// Converter converts nothing.
type Converter struct{}

// New gives ErrMissing.
func New(Options) (*Converter, error) { return nil, ErrMissing }

// Convert gives ErrMissing.
func (*Converter) Convert([]byte, uint32, bool) (Converted, error) { return Converted{}, ErrMissing }

// SetBitrate does nothing.
func (*Converter) SetBitrate(int) {}

// Close does nothing.
func (*Converter) Close() {}
