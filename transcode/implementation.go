package transcode

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/g722"
	"sipbridge/transcode/gsm"
	"sipbridge/transcode/l16"
	"sipbridge/transcode/opus"
	"sipbridge/transcode/speex"
)

// defaultPacketTime is what everybody can take (RFC 3551 section 4.2).
const defaultPacketTime = 20 * time.Millisecond

func (i implementation) at(sampleRate int) bool { return slices.Contains(i.rates, sampleRate) }

// packetTime gives the frame length to encode in: the longest that the codec knows within the wished one, because that
// may be the most that the party takes (a=maxptime), or if all are longer its shortest; 20 ms without a wish.
func (i implementation) packetTime(wish time.Duration) time.Duration {
	if wish <= 0 || len(i.packetTimes) == 0 {
		return defaultPacketTime
	}
	best := i.packetTimes[0]
	for _, length := range i.packetTimes {
		if length <= wish {
			best = length
		}
	}
	return best
}

func ms(lengths ...int) []time.Duration {
	durations := make([]time.Duration, len(lengths))
	for i, length := range lengths {
		durations[i] = time.Duration(length) * time.Millisecond
	}
	return durations
}

func g711Decoder(law g711.Law) func(Format, int) (Decoder, error) {
	return func(Format, int) (Decoder, error) { return g711.NewDecoder(law), nil }
}

func g711Encoder(law g711.Law) func(Format, int, EncoderOptions) (Encoder, error) {
	return func(Format, int, EncoderOptions) (Encoder, error) { return g711.Encoder{Law: law}, nil }
}

func newG722Decoder(Format, int) (Decoder, error) { return g722.NewDecoder(), nil }

func newG722Encoder(Format, int, EncoderOptions) (Encoder, error) { return g722.NewEncoder(), nil }

func newL16Decoder(Format, int) (Decoder, error) { return l16.NewDecoder(), nil }

func newL16Encoder(Format, int, EncoderOptions) (Encoder, error) { return l16.Encoder{}, nil }

func newGSMDecoder(Format, int) (Decoder, error) { return gsm.NewDecoder() }

func newGSMEncoder(Format, int, EncoderOptions) (Encoder, error) { return gsm.NewEncoder() }

// speexMode gives the mode of a sample rate, which the table has made sure is one of Speex.
func speexMode(sampleRate int) speex.Mode {
	switch sampleRate {
	case speex.UltraWideband.SampleRate():
		return speex.UltraWideband
	case speex.Wideband.SampleRate():
		return speex.Wideband
	default:
		return speex.Narrowband
	}
}

func newSpeexDecoder(_ Format, sampleRate int) (Decoder, error) {
	return speex.NewDecoder(speexMode(sampleRate))
}

// newSpeexEncoder keeps to a constant bit rate, which every receiver takes, whatever its fmtp line prefers (RFC 5574
// section 3.2.1).
func newSpeexEncoder(_ Format, sampleRate int, options EncoderOptions) (Encoder, error) {
	return speex.NewEncoder(speex.EncoderOptions{
		Mode: speexMode(sampleRate), Quality: options.SpeexQuality, Complexity: options.SpeexComplexity,
	})
}

func newOpusDecoder(_ Format, sampleRate int) (Decoder, error) { return opus.NewDecoder(sampleRate) }

// newOpusEncoder keeps to what the receiver asks for in its fmtp line (RFC 7587 section 6.1).
func newOpusEncoder(format Format, sampleRate int, options EncoderOptions) (Encoder, error) {
	most, err := strconv.Atoi(parameter(format.Parameters, "maxaveragebitrate"))
	if err != nil || most < 6000 {
		most = 0
	}
	encoder, err := opus.NewEncoder(opus.EncoderOptions{
		SampleRate: sampleRate,
		Complexity: options.Complexity,
		Bitrate:    options.Bitrate,
		MaxBitrate: most,
		FEC:        corrects(format),
		Loss:       options.Loss,
		DTX:        parameter(format.Parameters, "usedtx") == "1",
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it is
	}
	if options.Effort == nil {
		return encoder, nil
	}
	return newYielding(encoder, options.Effort), nil
}

// parameter gives the value of one parameter of an a=fmtp line of the form "a=1;b=2".
func parameter(parameters, name string) string {
	for field := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(field, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// corrects tells that a party takes in-band error correction in a format, of which Opus alone has one.
func corrects(format Format) bool {
	return strings.EqualFold(format.Name, "opus") && parameter(format.Parameters, "useinbandfec") == "1"
}
