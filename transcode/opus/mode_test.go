package opus

import (
	"fmt"
	"math"
	"testing"
)

// isCELT tells how a packet was coded (RFC 6716 section 3.1, table 2).
func isCELT(packet []byte) bool { return packet[0]>>3 >= 16 }

// TestMode holds which sound is coded by CELT, and which by SILK.
func TestMode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options EncoderOptions
		celt    bool
	}{
		"narrow band":                  {EncoderOptions{SampleRate: 8000}, true},
		"wide band":                    {EncoderOptions{SampleRate: 16000}, true},
		"with copies, nothing is lost": {EncoderOptions{SampleRate: 8000, FEC: true}, true},
		"with copies":                  {EncoderOptions{SampleRate: 8000, FEC: true, Loss: 1}, false},
		"without, much is lost":        {EncoderOptions{SampleRate: 8000, Loss: 20}, true},
		"silence is left out":          {EncoderOptions{SampleRate: 8000, DTX: true}, false},
		"few bits wanted":              {EncoderOptions{SampleRate: 8000, Bitrate: 31999}, false},
		"enough bits wanted":           {EncoderOptions{SampleRate: 8000, Bitrate: 32000}, true},
		"few bits taken":               {EncoderOptions{SampleRate: 16000, MaxBitrate: 39999}, false},
		"enough bits taken":            {EncoderOptions{SampleRate: 16000, MaxBitrate: 40000}, true},
		"many wanted, few taken":       {EncoderOptions{SampleRate: 8000, Bitrate: 64000, MaxBitrate: 20000}, false},
		"many bits wanted":             {EncoderOptions{SampleRate: 8000, Bitrate: 64000}, true},
	}
	for name, test := range tests {
		for _, complexity := range []int{1, 6} { // from 7 on, the library looks for music itself
			for _, length := range []int{10, 20, 40, 60} {
				test.options.Complexity = complexity
				frame := test.options.SampleRate * length / 1000
				for i, packet := range encode(t, test.options, sine(10*frame, 300, test.options.SampleRate), frame) {
					if isCELT(packet) != test.celt {
						t.Fatalf("%s: packet %d of %d ms by CELT: %t, complexity %d", name, i, length, !test.celt, complexity)
					}
				}
			}
		}
	}
}

// TestCopiesOfMusic holds that copies are made also of what the library takes for music, which it looks for at high
// complexity.
func TestCopiesOfMusic(t *testing.T) {
	t.Parallel()
	const rate = 16000
	music := sine(3*rate, 440, rate)
	for i, sample := range sine(3*rate, 554, rate) {
		music[i] += sample
	}
	options := EncoderOptions{SampleRate: rate, Complexity: 10, FEC: true, Loss: 1}
	for i, packet := range encode(t, options, music, rate/50) {
		if isCELT(packet) {
			t.Fatalf("packet %d has no room for a copy", i)
		}
	}
}

// TestModeChanges holds that a tone goes on without a click while losses begin and end, and that the bit rate is
// taken back with them.
func TestModeChanges(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{8000, 16000} {
		for _, length := range []int{10, 20, 40, 60} {
			t.Run(fmt.Sprintf("%d Hz, %d ms", rate, length), func(t *testing.T) {
				t.Parallel()
				encoder, err := NewEncoder(EncoderOptions{SampleRate: rate, FEC: true})
				if err != nil {
					t.Fatal(err)
				}
				decoder, err := NewDecoder(rate)
				if err != nil {
					t.Fatal(err)
				}
				const tone = 437
				frame := rate * length / 1000
				sound, packet, pcm := sine(6*rate, tone, rate), make([]byte, 1500), make([]int16, 12*rate/100)
				var heard []int16
				for at := 0; at+frame <= len(sound); at += frame {
					lossy := at/(rate/2)%2 == 1
					if err := encoder.ExpectLoss(map[bool]int{true: 10}[lossy]); err != nil {
						t.Fatal(err)
					}
					n, err := encoder.Encode(sound[at:at+frame], packet)
					if err != nil {
						t.Fatal(err)
					}
					if settled := at%(rate/2) > rate/8; settled && isCELT(packet) == lossy {
						t.Fatalf("coded by CELT %t, after %d samples", isCELT(packet), at)
					}
					if n, err = decoder.Decode(packet[:n], pcm); err != nil || n != frame {
						t.Fatalf("%d samples of %d: %v", n, frame, err)
					}
					heard = append(heard, pcm[:n]...)
				}
				clean(t, heard[rate/4:], tone, rate)
			})
		}
	}
}

// clean holds that each stretch of sound is the tone, as loud as the others, and next to nothing else.
func clean(t *testing.T, heard []int16, tone float64, rate int) {
	t.Helper()
	window := rate / 50
	for at := 0; at+window <= len(heard); at += window / 2 {
		stretch := heard[at : at+window]
		loudest := 0.0
		for _, sample := range stretch {
			loudest = max(loudest, math.Abs(float64(sample)))
		}
		if got := purity(stretch, tone, rate); got < 12 || loudest < 6500 || loudest > 9500 {
			t.Errorf("after %d samples: %.1f dB over the rest, up to %.0f", at, got, loudest)
		}
	}
}
