//go:build amr && bcg729

package transcode

import (
	"testing"
	"testing/synctest"
)

// TestOptionalCodecs holds that the codecs of build tags join others, both ways, and that differently packed AMR does
// not pass as it is.
func TestOptionalCodecs(t *testing.T) {
	wide := Format{Codec: Codec{Name: "AMR-WB", ClockRate: 16000}, PayloadType: 97, Parameters: "octet-align=1"}
	g729 := Format{Codec: Codec{Name: "G729", ClockRate: 8000}, PayloadType: 18}
	for _, way := range [][2]Format{
		{amrOf(""), pcmu(0)},
		{pcmu(0), amrOf("octet-align=1")},
		{wide, wide722(9)},
		{wide722(9), wide},
		{g729, pcmu(0)},
		{pcmu(0), g729},
		{amrOf(""), amrOf("octet-align=1")},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out recorder
			pipe := connect(t, []Format{way[0]}, way[1], &out, ConnectOptions{})
			in := newSource(t, way[0], 20)
			for range 50 {
				write(t, pipe, in.packet())
			}
			if len(out.packets) < 48 || pipe.Stats().DecodeErrors > 0 {
				t.Fatalf("%s: %d packets, %+v", pipe, len(out.packets), pipe.Stats())
			}
			decoder, err := NewDecoder(way[1], SampleRate(way[1].Codec))
			if err != nil {
				t.Fatal(err)
			}
			var heard []int16
			pcm := make([]int16, 4800)
			for _, packet := range out.packets {
				n, err := decoder.Decode(packet.payload, pcm)
				if err != nil {
					t.Fatal(err)
				}
				heard = append(heard, pcm[:n]...)
			}
			if SampleRate(way[1].Codec) == 16000 {
				heard = half(heard)
			}
			if got := snr(heard[1600:]); got < 5 {
				t.Errorf("%s: the tone is %.1f dB over the rest", pipe, got)
			}
		})
	}
}

// half takes every second sample.
func half(pcm []int16) []int16 {
	taken := make([]int16, 0, len(pcm)/2)
	for i := 0; i < len(pcm); i += 2 {
		taken = append(taken, pcm[i])
	}
	return taken
}
