package opus

import (
	"fmt"
	"slices"

	libopus "github.com/hraban/opus"
)

const (
	// DefaultComplexity is a good balance: half the work of 10, hardly to be heard.
	DefaultComplexity = 5
	// DefaultBitrate in bit/s is plenty for telephone sound.
	DefaultBitrate = 24000
	// Lookahead is how late the sound of an encoder comes out of a decoder, in samples at ClockRate: 2.5 ms for the
	// windows that overlap, 4 ms for the delay compensation of all applications but low delay (libopus, opus_encoder.c).
	Lookahead = ClockRate / 1000 * 65 / 10

	// mostLoss in percent is where the library stops to make its copies better (libopus 1.3, silk LBRR_GainIncreases).
	mostLoss = 25
)

// EncoderOptions says how to encode.
type EncoderOptions struct {
	// SampleRate of the sound in Hz: 8000, 12000, 16000, 24000 or 48000. Required.
	SampleRate int
	// Channels is 2 for stereo, whose samples come in turn; 0 means 1.
	Channels int
	// Complexity from 1 to 10; 0 means DefaultComplexity.
	Complexity int
	// Bitrate in bit/s; 0 means DefaultBitrate.
	Bitrate int
	// FEC lets each packet carry a rough copy of the one before, for the case that it is lost, while losses are expected.
	FEC bool
	// Loss is how much is expected to be lost at first, in percent; see Encoder.ExpectLoss.
	Loss int
	// DTX sends next to nothing in silence.
	DTX bool
}

// Encoder encodes one stream. It is not safe for concurrent use.
type Encoder struct {
	lib      *libopus.Encoder
	fec, dtx bool
}

// NewEncoder makes an encoder for speech.
func NewEncoder(options EncoderOptions) (*Encoder, error) {
	lib, err := libopus.NewEncoder(options.SampleRate, max(options.Channels, 1), libopus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus: encoder at %d Hz: %w", options.SampleRate, err)
	}
	if options.Complexity == 0 {
		options.Complexity = DefaultComplexity
	}
	if options.Bitrate == 0 {
		options.Bitrate = DefaultBitrate
	}
	if err := configure(lib, options); err != nil {
		return nil, fmt.Errorf("opus: encoder options: %w", err)
	}
	e := &Encoder{lib: lib, fec: options.FEC, dtx: options.DTX}
	if err := e.ExpectLoss(options.Loss); err != nil {
		return nil, err
	}
	return e, nil
}

func configure(lib *libopus.Encoder, options EncoderOptions) error {
	if err := lib.SetComplexity(options.Complexity); err != nil {
		return err
	}
	if err := lib.SetBitrate(options.Bitrate); err != nil {
		return err
	}
	return lib.SetDTX(options.DTX)
}

// SetComplexity sets how much work the packets that follow take, from 0 to 10.
func (e *Encoder) SetComplexity(complexity int) error {
	if err := e.lib.SetComplexity(complexity); err != nil {
		return fmt.Errorf("opus: complexity %d: %w", complexity, err)
	}
	return nil
}

// ExpectLoss arms the packets that follow against a loss in percent; 0 disarms them, and spares the work. The more is
// lost, the better is the copy of the packet before, at the cost of the packet itself.
func (e *Encoder) ExpectLoss(percent int) error {
	percent = min(max(percent, 0), mostLoss)
	err := e.lib.SetInBandFEC(e.fec && percent > 0)
	if err == nil {
		err = e.lib.SetPacketLossPerc(percent)
	}
	if err != nil {
		return fmt.Errorf("opus: expect loss: %w", err)
	}
	return nil
}

// Encode turns one frame of 2.5, 5, 10, 20, 40 or 60 ms into a packet and gives its size, at
// most 1275 bytes for each 20 ms. With DTX a size of 0 says that the packet need not be sent.
func (e *Encoder) Encode(pcm []int16, packet []byte) (int, error) {
	n, err := e.lib.Encode(slices.Clip(pcm), slices.Clip(packet))
	if err != nil {
		return 0, fmt.Errorf("opus: encode: %w", err)
	}
	if e.dtx && n <= 2 { // opus_encode: such a packet "does not need to be transmitted"
		return 0, nil
	}
	return n, nil
}
