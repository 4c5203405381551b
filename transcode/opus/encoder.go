package opus

import (
	"fmt"
	"slices"

	libopus "github.com/hraban/opus"
)

const (
	// DefaultComplexity is a good balance: half the work of 10, hardly to be heard.
	DefaultComplexity = 5
	// DefaultBitrate in bit/s is plenty for telephone sound, if it is coded as speech.
	DefaultBitrate = 24000
	// Lookahead is how late the sound of an encoder comes out of a decoder, in samples at ClockRate: 2.5 ms for the
	// windows that overlap, 4 ms for the delay compensation of all applications but low delay (libopus, opus_encoder.c).
	Lookahead = ClockRate / 1000 * 65 / 10

	// mostLoss in percent is where the library stops to make its copies better (libopus 1.3, silk LBRR_GainIncreases).
	mostLoss = 25
	// speechLoss in percent is the least that makes the library code by SILK for its copies, whatever the bit rate and
	// whatever it takes the sound for (libopus 1.3, opus_encode_native: more than 128/16 for music).
	speechLoss = 9
)

// EncoderOptions says how to encode.
type EncoderOptions struct {
	// SampleRate of the sound in Hz: 8000, 12000, 16000, 24000 or 48000. Required.
	SampleRate int
	// Channels is 2 for stereo, whose samples come in turn; 0 means 1.
	Channels int
	// Complexity from 1 to 10; 0 means DefaultComplexity.
	Complexity int
	// Bitrate in bit/s; 0 means DefaultBitrate for speech, and what CELT needs for the same quality where that is used.
	Bitrate int
	// MaxBitrate is the most that the receiver takes, in bit/s; 0 means any.
	MaxBitrate int
	// FEC lets each packet carry a rough copy of the one before, for the case that it is lost, while losses are expected.
	FEC bool
	// Loss is how much is expected to be lost at first, in percent; see Encoder.ExpectLoss.
	Loss int
	// DTX sends next to nothing in silence.
	DTX bool
}

// musicBitrate gives from which bit rate on CELT is as near to speech as SILK at DefaultBitrate, by the weighted
// segmental signal-to-noise ratio; 0 where it never is at a bit rate that is wanted.
func musicBitrate(sampleRate int) int {
	switch sampleRate {
	case 8000:
		return 32000
	case 12000, 16000:
		return 40000
	default:
		return 0
	}
}

// bitrates gives those for speech (SILK) and for music (CELT); music is 0 where it is not to be used: where silence is
// to be left out, which SILK alone can. Stereo is for CELT, too: at 48 kbit/s in wide band up to a fifteenth of one
// side was heard at the other one in SILK, and less than a thousandth in CELT.
func (o EncoderOptions) bitrates() (speech, music int) {
	most := o.MaxBitrate
	if most == 0 {
		most = max(o.Bitrate, musicBitrate(o.SampleRate), DefaultBitrate)
	}
	least := musicBitrate(o.SampleRate)
	speech, music = min(o.Bitrate, most), min(o.Bitrate, most)
	if o.Bitrate == 0 {
		speech, music = min(DefaultBitrate, most), min(least, most)
	}
	if least == 0 || music < least || o.DTX {
		music = 0
	}
	return speech, music
}

// Encoder encodes one stream. It is not safe for concurrent use.
type Encoder struct {
	lib      *libopus.Encoder
	fec, dtx bool
	// speech and music are the bit rates of EncoderOptions.bitrates.
	speech, music int
}

// NewEncoder makes an encoder for speech.
func NewEncoder(options EncoderOptions) (*Encoder, error) {
	e := &Encoder{fec: options.FEC, dtx: options.DTX}
	e.speech, e.music = options.bitrates()
	application := libopus.AppVoIP // which takes SILK at all bit rates of telephone sound
	if e.music > 0 {
		application = libopus.AppAudio // which takes CELT but for low ones, or to protect it
	}
	var err error
	e.lib, err = libopus.NewEncoder(options.SampleRate, max(options.Channels, 1), application)
	if err != nil {
		return nil, fmt.Errorf("opus: encoder at %d Hz: %w", options.SampleRate, err)
	}
	if options.Complexity == 0 {
		options.Complexity = DefaultComplexity
	}
	if err := e.SetComplexity(options.Complexity); err != nil {
		return nil, err
	}
	if err := e.lib.SetDTX(options.DTX); err != nil {
		return nil, fmt.Errorf("opus: leave silence out: %w", err)
	}
	if err := e.ExpectLoss(options.Loss); err != nil {
		return nil, err
	}
	return e, nil
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
//
// While there is nothing to arm against, narrow band, and up to complexity 6 wide band, are coded by CELT, at a bit
// rate that makes up for it: it takes half the time of SILK. With more complexity the library looks for speech in wide
// band, and codes that by SILK. Copies are for SILK to make. The library makes the change so that it is not heard
// (RFC 6716 section 4.5).
func (e *Encoder) ExpectLoss(percent int) error {
	percent = min(max(percent, 0), mostLoss)
	fec, bitrate := e.fec && percent > 0, e.speech
	switch {
	case e.music > 0 && fec:
		percent = max(percent, speechLoss)
	case e.music > 0:
		bitrate = e.music
	}
	err := e.lib.SetBitrate(bitrate)
	if err == nil {
		err = e.lib.SetInBandFEC(fec)
	}
	if err == nil {
		err = e.lib.SetPacketLossPerc(percent)
	}
	if err != nil {
		return fmt.Errorf("opus: expect loss: %w", err)
	}
	return nil
}

// Encode turns one frame of 2.5, 5, 10, 20, 40, 60, 80, 100 or 120 ms into a packet and gives its size, at
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
