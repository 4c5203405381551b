//go:build libavcodec

package transcode

import "sipbridge/transcode/ilbc"

// ilbcImplementations are those of the build tag libavcodec, which can be decoded and not made.
func ilbcImplementations() []implementation {
	return []implementation{{
		Codec{ilbcName, ilbc.SampleRate, 1},
		-1,
		[]int{ilbc.SampleRate},
		nil,
		func(Format, int) (Decoder, error) { return ilbc.NewDecoder() },
		nil,
	}}
}
