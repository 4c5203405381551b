package transcode

import (
	"math"
	"testing"
	"testing/synctest"
)

func TestPaths(t *testing.T) {
	opus := opus48(111, "")
	tests := []struct {
		from, to       Format
		decode, encode int
	}{
		{opus, pcmu(0), 8000, 8000},
		{pcma(8), opus, 8000, 8000},
		{opus, fullRate(3), 8000, 8000},
		{fullRate(3), opus, 8000, 8000},
		{opus, speexAt(8000), 8000, 8000},
		{speexAt(8000), pcmu(0), 8000, 8000},
		{opus, wide722(9), 16000, 16000},
		{wide722(9), opus, 16000, 16000},
		{opus, speexAt(16000), 16000, 16000},
		{speexAt(16000), opus, 16000, 16000},
		{speexAt(16000), wide722(9), 16000, 16000},
		{wide722(9), pcmu(0), 16000, 8000},
		{pcmu(0), wide722(9), 8000, 16000},
		{speexAt(16000), pcma(8), 16000, 8000},
		{fullRate(3), speexAt(32000), 8000, 32000},
		{opus, speexAt(32000), 48000, 32000},
		{speexAt(32000), opus, 32000, 48000},
	}
	for _, test := range tests {
		from, _ := find(test.from.Codec)
		to, _ := find(test.to.Codec)
		if got := cheapest(from, to); got.decode != test.decode || got.encode != test.encode {
			t.Errorf("%s to %s: %+v", test.from, test.to, got)
		}
	}
}

// TestPathsKeepBandwidth holds it for all pairs.
func TestPathsKeepBandwidth(t *testing.T) {
	for _, from := range implementations() {
		for _, to := range implementations() {
			got := cheapest(from, to)
			if !from.at(got.decode) || !to.at(got.encode) {
				t.Errorf("%s to %s: %+v is not what they know", from, to, got)
			}
			if min(got.decode, got.encode) < min(from.rates[0], to.rates[0]) {
				t.Errorf("%s to %s: %+v narrows the sound", from, to, got)
			}
		}
	}
}

// TestWideSoundStaysWide holds that 5 kHz, which no telephone carries, cross between codecs that can carry them.
func TestWideSoundStaysWide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wide := []Format{opus48(111, ""), wide722(9), speexAt(16000), speexAt(32000)}
		for _, from := range wide {
			for _, to := range append(wide, pcmu(0)) {
				var out recorder
				pipe := connect(t, []Format{from}, to, &out, ConnectOptions{Encoder: EncoderOptions{SpeexQuality: 10}})
				in := newSource(t, from, 20)
				in.overtone = 5000
				for range 50 {
					write(t, pipe, in.packet())
				}
				decoder, err := NewDecoder(to, SampleRate(to.Codec))
				if err != nil {
					t.Fatal(err)
				}
				var heard []int16
				pcm := make([]int16, 1920)
				for _, packet := range out.packets {
					n, err := decoder.Decode(packet.payload, pcm)
					if err != nil {
						t.Fatal(err)
					}
					heard = append(heard, pcm[:n]...)
				}
				got := amplitude(heard[len(heard)/4:], 5000, SampleRate(to.Codec))
				if narrow := SampleRate(to.Codec) == 8000; narrow && got > 100 || !narrow && got < toneAmplitude/4 {
					t.Errorf("%s to %s: 5 kHz have an amplitude of %.0f", from, to, got)
				}
			}
		}
	})
}

// amplitude gives that of a frequency in sound, 20 ms by 20 ms, as its phase may wander.
func amplitude(pcm []int16, frequency, rate int) float64 {
	sum, frames := 0.0, 0
	for ; len(pcm) >= rate/50; pcm = pcm[rate/50:] {
		var re, im float64
		for i, sample := range pcm[:rate/50] {
			sin, cos := math.Sincos(2 * math.Pi * float64(frequency*i) / float64(rate))
			re += float64(sample) * cos
			im += float64(sample) * sin
		}
		sum += 2 * math.Hypot(re, im) / float64(rate/50)
		frames++
	}
	return sum / float64(max(frames, 1))
}
