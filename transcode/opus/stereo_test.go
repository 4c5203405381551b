package opus

import (
	"testing"

	libopus "github.com/hraban/opus"
)

// TestStereo holds that both channels of a stereo stream are heard, mixed.
func TestStereo(t *testing.T) {
	t.Parallel()
	const rate = 48000
	encoder, err := libopus.NewEncoder(rate, 2, libopus.AppAudio)
	if err != nil {
		t.Fatal(err)
	}
	left, right := sine(rate, 700, rate), sine(rate, 1900, rate)
	both := make([]int16, 2*rate)
	for i := range left {
		both[2*i], both[2*i+1] = left[i], right[i]
	}
	for _, sampleRate := range SampleRates() {
		decoder, err := NewDecoder(sampleRate)
		if err != nil {
			t.Fatal(err)
		}
		var heard []int16
		packet, pcm := make([]byte, 1500), make([]int16, MaxSamples)
		for at := 0; at+1920 <= len(both); at += 1920 {
			n, err := encoder.Encode(both[at:at+1920:at+1920], packet)
			if err != nil || packet[0]&4 == 0 {
				t.Fatalf("no stereo packet: %x, %v", packet[0], err)
			}
			if n, err = decoder.Decode(packet[:n], pcm); err != nil || n != sampleRate/50 {
				t.Fatalf("%d samples at %d Hz, %v", n, sampleRate, err)
			}
			heard = append(heard, pcm[:n]...)
		}
		heard = heard[len(heard)/2:]
		for _, frequency := range []float64{700, 1900} { // each is half of the whole
			if got := purity(heard, frequency, sampleRate); got < -1 || got > 1 {
				t.Errorf("at %d Hz, %.0f Hz are %.1f dB over the rest", sampleRate, frequency, got)
			}
		}
	}
}
