//go:build bcg729

package g729

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os/exec"
	"testing"
)

// buzz is like a voice: a tone that glides, with overtones.
func buzz(n int) []int16 {
	pcm := make([]int16, n)
	phase := 0.0
	for i := range pcm {
		phase += (150 + 60*math.Sin(float64(i)/7000)) / SampleRate
		pcm[i] = int16(4000 * (math.Sin(2*math.Pi*phase) + math.Sin(8*math.Pi*phase)/2))
	}
	return pcm
}

// likeness is the correlation of two sounds at the best of the next 20 ms: the library looks ahead.
func likeness(source, heard []int16) float64 {
	best := 0.0
	for shift := range 160 {
		var both, one, other float64
		for i := 800; i+shift < min(len(source), len(heard)); i++ {
			a, b := float64(source[i]), float64(heard[i+shift])
			both, one, other = both+a*b, one+a*a, other+b*b
		}
		best = max(best, both/math.Sqrt(one*other+1))
	}
	return best
}

// TestThereAndBack holds that sound survives, for our decoder and for ffmpeg's.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	encoder, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	source := buzz(SampleRate)
	var stream []byte
	var heard []int16
	payload, pcm := make([]byte, 100), make([]int16, 160)
	for at := 0; at < len(source); at += 160 {
		n, fault := encoder.Encode(source[at:at+160], payload)
		if fault != nil || n != 20 {
			t.Fatalf("%d bytes: %v", n, fault)
		}
		stream = append(stream, payload[:n]...)
		if n, fault = decoder.Decode(payload[:n], pcm); fault != nil || n != 160 {
			t.Fatalf("%d samples: %v", n, fault)
		}
		heard = append(heard, pcm[:n]...)
	}
	command := exec.Command("ffmpeg", "-v", "error", "-f", "g729", "-i", "-", "-f", "s16le", "-")
	command.Stdin = bytes.NewReader(stream)
	raw, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := make([]int16, len(raw)/2)
	if _, err = binary.Decode(raw, binary.LittleEndian, theirs); err != nil {
		t.Fatal(err)
	}
	for who, sound := range map[string][]int16{"we": heard, "ffmpeg": theirs} {
		if got := likeness(source, sound); got < 0.85 {
			t.Errorf("%s hear it with a correlation of %.2f", who, got)
		}
	}
	if n, err := decoder.Conceal(nil, pcm); n != 160 || err != nil {
		t.Errorf("concealed %d: %v", n, err)
	}
	if n, err := decoder.Decode([]byte{1, 2}, pcm); n != 80 || err != nil {
		t.Errorf("silence is %d samples: %v", n, err)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	encoder, _ := NewEncoder()
	decoder, _ := NewDecoder()
	pcm := make([]int16, 160)
	for _, payload := range [][]byte{nil, make([]byte, 9), make([]byte, 11)} {
		if _, err := decoder.Decode(payload, pcm); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %v", len(payload), err)
		}
	}
	if _, err := decoder.Decode(make([]byte, 30), pcm); !errors.Is(err, ErrRoom) {
		t.Errorf("no room: %v", err)
	}
	if _, err := encoder.Encode(pcm[:100], make([]byte, 100)); !errors.Is(err, ErrMalformed) {
		t.Errorf("100 samples: %v", err)
	}
	if _, err := encoder.Encode(pcm, make([]byte, 19)); !errors.Is(err, ErrRoom) {
		t.Errorf("19 bytes: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(make([]byte, 22))
	f.Fuzz(func(t *testing.T, payload []byte) {
		decoder, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = decoder.Decode(payload, make([]int16, 1920))
	})
}
