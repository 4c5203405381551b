//go:build bcg729

package transcode

import "sipbridge/transcode/g729"

// g729Implementations are those of the build tag bcg729.
func g729Implementations() []implementation {
	return []implementation{{
		Codec{g729Name, g729.SampleRate, 1},
		18,
		[]int{g729.SampleRate},
		ms(10, 20, 30, 40, 60),
		func(Format, int) (Decoder, error) { return g729.NewDecoder() },
		func(Format, int, EncoderOptions) (Encoder, error) { return g729.NewEncoder() },
	}}
}
