//go:build amr

package transcode

import "sipbridge/transcode/amr"

// amrImplementations are those of the build tag amr.
func amrImplementations() []implementation {
	packetTimes := ms(20, 40, 60)
	return []implementation{
		{Codec{amrWide, 16000, 1}, -1, []int{16000}, packetTimes, newAMRDecoder, newAMREncoder},
		{Codec{amrNarrow, 8000, 1}, -1, []int{8000}, packetTimes, newAMRDecoder, newAMREncoder},
	}
}

func newAMRDecoder(format Format, sampleRate int) (Decoder, error) {
	packed, ok := amrFormat(format)
	if !ok {
		return nil, noPath(format, sampleRate)
	}
	return amr.NewDecoder(packed)
}

func newAMREncoder(format Format, sampleRate int, _ EncoderOptions) (Encoder, error) {
	packed, ok := amrFormat(format)
	if !ok {
		return nil, noPath(format, sampleRate)
	}
	return amr.NewEncoder(packed)
}
