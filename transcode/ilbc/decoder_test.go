//go:build libavcodec

package ilbc

import (
	"errors"
	"io"
	"math"
	"os"
	"testing"

	"sipbridge/transcode/g711"
)

// read reads a file of testdata: what espeak-ng said, as µ-law of 8 kHz, and the same as a fixed-point encoder of RFC
// 3951 wrote it in both modes, frame behind frame without a header.
func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// original is what was encoded.
func original(t *testing.T) []int16 {
	t.Helper()
	raw := read(t, "speech.ulaw")
	pcm := make([]int16, len(raw))
	n, err := g711.NewDecoder(g711.MuLaw).Decode(raw, pcm)
	if err != nil || n != len(raw) {
		t.Fatalf("%d samples: %v", n, err)
	}
	return pcm
}

// likeness is the correlation of two sounds: 1 if they are the same, but for how loud they are.
func likeness(a, b []int16) float64 {
	both, left, right := 0.0, 1e-9, 1e-9
	for i := range min(len(a), len(b)) {
		x, y := float64(a[i]), float64(b[i])
		both, left, right = both+x*y, left+x*x, right+y*y
	}
	return both / math.Sqrt(left*right)
}

func loudness(pcm []int16) float64 {
	sum := 0.0
	for _, sample := range pcm {
		sum += float64(sample) * float64(sample)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func newDecoder(t *testing.T) *Decoder {
	t.Helper()
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSpeech holds both modes, one frame in a packet and several, to what was encoded, from the first frame on. The
// encoder's own decoder, without its enhancer, is at 0.854 and 0.855.
func TestSpeech(t *testing.T) {
	t.Parallel()
	said := original(t)
	for _, test := range []struct {
		name   string
		mode   mode
		frames int
	}{
		{"speech20.ilbc", short(), 1},
		{"speech20.ilbc", short(), 3},
		{"speech20.ilbc", short(), 12},
		{"speech30.ilbc", long(), 1},
		{"speech30.ilbc", long(), 2},
		{"speech30.ilbc", long(), 8},
	} {
		d, raw := newDecoder(t), read(t, test.name)
		var heard []int16
		pcm := make([]int16, 1920)
		for size := test.frames * test.mode.size; len(raw) >= size; raw = raw[size:] {
			n, err := d.Decode(raw[:size], pcm)
			if err != nil || n != test.frames*test.mode.samples {
				t.Fatalf("%+v: %d samples: %v", test, n, err)
			}
			heard = append(heard, pcm[:n]...)
		}
		if got := likeness(said, heard); got < 0.84 {
			t.Errorf("%+v: likeness %.3f", test, got)
		}
		if first := loudness(heard[:480]) / loudness(said[:480]); first < 0.5 || first > 2 {
			t.Errorf("%+v: the beginning is %.2f times as loud", test, first)
		}
		if all := loudness(heard) / loudness(said[:len(heard)]); all < 0.8 || all > 1.25 {
			t.Errorf("%+v: it is %.2f times as loud", test, all)
		}
	}
}

// TestConceal holds that a hole goes on with what was heard and fades, and that speech goes on behind it.
func TestConceal(t *testing.T) {
	t.Parallel()
	said := original(t)
	d, raw := newDecoder(t), read(t, "speech20.ilbc")
	var heard []int16
	pcm := make([]int16, 1920)
	for i := 0; i < len(raw)/38; i++ {
		take := func() (int, error) { return d.Decode(raw[38*i:][:38], pcm) }
		if i%10 == 9 {
			take = func() (int, error) { return d.Conceal(nil, pcm[:160]) }
		}
		n, err := take()
		if n != 160 || err != nil {
			t.Fatalf("frame %d: %d samples: %v", i, n, err)
		}
		heard = append(heard, pcm[:n]...)
	}
	if got := likeness(said, heard); got < 0.75 {
		t.Errorf("with a tenth lost: likeness %.3f", got)
	}
	if n, err := d.Conceal(nil, pcm[:960]); n != 960 || err != nil || loudness(pcm[800:960]) > 10 {
		t.Errorf("after 100 ms of a hole: %d samples, %.0f loud, %v", n, loudness(pcm[800:960]), err)
	}
}

func TestModesChange(t *testing.T) {
	t.Parallel()
	d, pcm := newDecoder(t), make([]int16, 320)
	shorts, longs := read(t, "speech20.ilbc"), read(t, "speech30.ilbc")
	for i, want := range []int{160, 240, 160, 160} {
		payload := longs[50*i:][:50]
		if want == 160 {
			payload = shorts[38*i:][:38]
		}
		if n, err := d.Decode(payload, pcm); n != want || err != nil {
			t.Errorf("packet %d: %d samples: %v", i, n, err)
		}
	}
	if _, err := d.Decode(shorts[:38*3], pcm); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("480 samples into 320: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xff\xa6"), 38, 1)
	f.Add([]byte{0}, 50, 2)
	f.Fuzz(func(t *testing.T, payload []byte, size, frames int) {
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		whole := make([]byte, max(0, min(size, 50))*max(0, min(frames, 20)))
		copy(whole, payload)
		pcm := make([]int16, 1920)
		for _, packet := range [][]byte{whole, payload} {
			if n, err := d.Decode(packet, pcm); err == nil && (n == 0 || n%80 > 0) {
				t.Errorf("%d samples of %d bytes", n, len(packet))
			}
		}
	})
}
