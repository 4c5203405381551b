package transcode

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/opus"
)

// defaultPacketTime is what everybody can take (RFC 3551 section 4.2).
const defaultPacketTime = 20 * time.Millisecond

func (i implementation) at(sampleRate int) bool { return slices.Contains(i.rates, sampleRate) }

// packetTime gives the frame length to encode in: the wished one if the codec knows it, else 20 ms.
func (i implementation) packetTime(wish time.Duration) time.Duration {
	if slices.Contains(i.packetTimes, wish) {
		return wish
	}
	return defaultPacketTime
}

// commonRate gives the best sample rate that two codecs share; 0 if there is none.
func commonRate(from, to implementation) int {
	for _, rate := range to.rates {
		if from.at(rate) {
			return rate
		}
	}
	return 0
}

func ms(lengths ...int) []time.Duration {
	durations := make([]time.Duration, len(lengths))
	for i, length := range lengths {
		durations[i] = time.Duration(length) * time.Millisecond
	}
	return durations
}

func g711Decoder(law g711.Law) func(int) (Decoder, error) {
	return func(int) (Decoder, error) { return g711.NewDecoder(law), nil }
}

func g711Encoder(law g711.Law) func(Format, int, EncoderOptions) (Encoder, error) {
	return func(Format, int, EncoderOptions) (Encoder, error) { return g711.Encoder{Law: law}, nil }
}

func newOpusDecoder(sampleRate int) (Decoder, error) { return opus.NewDecoder(sampleRate) }

// newOpusEncoder keeps to what the receiver asks for in its fmtp line (RFC 7587 section 6.1).
func newOpusEncoder(format Format, sampleRate int, options EncoderOptions) (Encoder, error) {
	bitrate := options.Bitrate
	if bitrate == 0 {
		bitrate = opus.DefaultBitrate
	}
	most, err := strconv.Atoi(parameter(format.Parameters, "maxaveragebitrate"))
	if err == nil && most >= 6000 {
		bitrate = min(bitrate, most)
	}
	return opus.NewEncoder(opus.EncoderOptions{
		SampleRate: sampleRate,
		Complexity: options.Complexity,
		Bitrate:    bitrate,
		FEC:        parameter(format.Parameters, "useinbandfec") == "1",
		DTX:        parameter(format.Parameters, "usedtx") == "1",
	})
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
