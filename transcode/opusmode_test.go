package transcode

import (
	"math"
	"slices"
	"testing"

	"sipbridge/transcode/speechtest"
)

// TestOpusWithoutLoss holds that speech is as near to the original where CELT codes it at half the work, as it is
// by SILK, which parties with few bits to spare get. -v prints the figures of docs/performance.md.
func TestOpusWithoutLoss(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{8000, 16000} {
		pcm := speechtest.Say(t, "en", speechText, rate)
		celt, silk := nearness(t, pcm, rate, ""), nearness(t, pcm, rate, "maxaveragebitrate=24000")
		t.Logf("%d Hz: %.1f dB over the difference, %.1f by SILK", rate, celt, silk)
		if celt < silk-0.5 {
			t.Errorf("%d Hz: %.1f dB over the difference, %.1f by SILK", rate, celt, silk)
		}
	}
}

// nearness gives how much louder speech is than its difference to what Opus makes of it, in dB: the mean over all
// pieces of 20 ms that are well heard, of which none counts for more than 35. Both sounds have their highs raised,
// which evens out speech, and takes the weight from the lows that the library filters.
func nearness(t *testing.T, pcm []int16, rate int, parameters string) float64 {
	t.Helper()
	encoder, err := NewEncoder(opus48(111, parameters), rate, EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := NewDecoder(opus48(111, ""), rate)
	if err != nil {
		t.Fatal(err)
	}
	frame, payload, room := rate/50, make([]byte, maxPayload), make([]int16, rate/4)
	heard := make([]int16, 0, len(pcm))
	for at := 0; at+frame <= len(pcm); at += frame {
		n, err := encoder.Encode(pcm[at:at+frame], payload)
		if err != nil {
			t.Fatal(err)
		}
		if n, err = decoder.Decode(payload[:n], room); err != nil {
			t.Fatal(err)
		}
		heard = append(heard, room[:n]...)
	}
	const lookahead = 312 // samples at 48 kHz, 6.5 ms: OPUS_GET_LOOKAHEAD
	wanted, got := emphasized(pcm), emphasized(heard[lookahead*rate/48000:])
	var pieces []float64
	for piece := range slices.Chunk(wanted[:len(got)/frame*frame], frame) {
		signal, noise := 0.0, 1.0
		for i, sample := range piece {
			signal += sample * sample
			noise += (sample - got[i]) * (sample - got[i])
		}
		got = got[frame:]
		if signal > 50*50*float64(frame) {
			pieces = append(pieces, min(10*math.Log10(signal/noise), 35))
		}
	}
	sum := 0.0
	for _, piece := range pieces {
		sum += piece
	}
	return sum / float64(len(pieces))
}

// emphasized raises the highs by the filter 1 - 0.95/z.
func emphasized(pcm []int16) []float64 {
	out, before := make([]float64, len(pcm)), 0.0
	for i, sample := range pcm {
		out[i], before = float64(sample)-0.95*before, float64(sample)
	}
	return out
}
