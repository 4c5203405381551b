package g722

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// chord is sound with something in both bands that swells and fades, and full-scale noise at its end.
func chord() []int16 {
	noise := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, 3*SampleRate)
	for i := range pcm {
		at := float64(i) / SampleRate
		loud := 0.5 - 0.5*math.Cos(2*math.Pi*at)
		pcm[i] = int16(loud * (9000*math.Sin(2*math.Pi*440*at) + 4000*math.Sin(2*math.Pi*2300*at) +
			3000*math.Sin(2*math.Pi*5700*at)))
		if i > 2*SampleRate {
			pcm[i] = int16(noise.IntN(65536) - 32768)
		}
	}
	return pcm
}

func encode(t *testing.T, pcm []int16) []byte {
	t.Helper()
	payload := make([]byte, len(pcm)/2)
	if n, err := NewEncoder().Encode(pcm, payload); n != len(payload) || err != nil {
		t.Fatalf("encoded %d bytes: %v", n, err)
	}
	return payload
}

func decode(t *testing.T, payload []byte) []int16 {
	t.Helper()
	pcm := make([]int16, 2*len(payload))
	if n, err := NewDecoder().Decode(payload, pcm); n != len(pcm) || err != nil {
		t.Fatalf("decoded %d samples: %v", n, err)
	}
	return pcm
}

// ffmpeg converts between g722 and raw samples at 16 kHz.
func ffmpeg(t *testing.T, input []byte, arguments ...string) []byte {
	t.Helper()
	command := exec.Command("ffmpeg", append([]string{"-v", "error"}, arguments...)...)
	command.Stdin = bytes.NewReader(input)
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	return output
}

func samples(t *testing.T, raw []byte) []int16 {
	t.Helper()
	pcm := make([]int16, len(raw)/2)
	if _, err := binary.Decode(raw, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	return pcm
}

// TestFFmpegDecodes holds that ffmpeg hears in any bytes exactly what we hear: those of sound, and random ones.
func TestFFmpegDecodes(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 16000)
	for i := range random {
		random[i] = byte(noise.Uint32())
	}
	for name, codes := range map[string][]byte{"sound": encode(t, chord()), "random": random} {
		theirs := samples(t, ffmpeg(t, codes, "-f", "g722", "-i", "-", "-f", "s16le", "-ac", "1", "-ar", "16000", "-"))
		ours := decode(t, codes)
		if len(theirs) != len(ours) {
			t.Fatalf("%s: ffmpeg gave %d samples, we %d", name, len(theirs), len(ours))
		}
		for i := range ours {
			if ours[i] != theirs[i] {
				t.Fatalf("%s: sample %d is %d, with ffmpeg %d", name, i, ours[i], theirs[i])
			}
		}
	}
}

// TestFFmpegEncodes holds that ffmpeg makes the same bytes of a sound.
func TestFFmpegEncodes(t *testing.T) {
	pcm := chord()
	raw, _ := binary.Append(nil, binary.LittleEndian, pcm)
	theirs := ffmpeg(t, raw, "-f", "s16le", "-ac", "1", "-ar", "16000", "-i", "-", "-f", "g722", "-")
	ours := encode(t, pcm)
	if len(theirs) < len(ours) {
		t.Fatalf("ffmpeg gave %d bytes, we %d", len(theirs), len(ours))
	}
	for i := range ours {
		if ours[i] != theirs[i] {
			t.Fatalf("byte %d is %#02x, with ffmpeg %#02x", i, ours[i], theirs[i])
		}
	}
}

// snr compares sound with the same sound later, in dB.
func snr(source, heard []int16, delay int) float64 {
	var signal, noise float64
	for i := range source[:len(source)-delay] {
		signal += math.Pow(float64(source[i]), 2)
		noise += math.Pow(float64(source[i])-float64(heard[i+delay]), 2)
	}
	return 10 * math.Log10(signal/max(noise, 1e-9))
}

// delay is that of both filters together: 22 samples, 1.4 ms.
const delay = taps - 2

func TestThereAndBack(t *testing.T) {
	pcm := chord()[:2*SampleRate]
	if got := snr(pcm, decode(t, encode(t, pcm)), delay); got < 20 {
		t.Errorf("the sound is %.1f dB over the rest", got)
	}
}

// TestPackets holds that a stream may be cut into packets of any size.
func TestPackets(t *testing.T) {
	pcm := chord()
	whole := encode(t, pcm)
	encoder, decoder := NewEncoder(), NewDecoder()
	var codes []byte
	var heard []int16
	payload, sound := make([]byte, 480), make([]int16, 960)
	for at, size := 0, 2; at+size <= len(pcm); at, size = at+size, (size+158)%900+2 {
		n, err := encoder.Encode(pcm[at:at+size], payload)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, payload[:n]...)
		n, err = decoder.Decode(payload[:n], sound)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, sound[:n]...)
	}
	if !bytes.Equal(codes, whole[:len(codes)]) {
		t.Error("the bytes differ from those of one packet")
	}
	for i, want := range decode(t, codes) {
		if heard[i] != want {
			t.Fatalf("sample %d differs", i)
		}
	}
}

func TestBadSizes(t *testing.T) {
	if _, err := NewEncoder().Encode(make([]int16, 320), make([]byte, 159)); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
	if _, err := NewEncoder().Encode(make([]int16, 319), make([]byte, 160)); !errors.Is(err, ErrOdd) {
		t.Errorf("encode: %v", err)
	}
	if _, err := NewDecoder().Decode(make([]byte, 160), make([]int16, 319)); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
}

// TestConceal holds that sound goes on in a hole, and is itself again soon after it.
func TestConceal(t *testing.T) {
	tone := make([]int16, SampleRate)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*250*float64(i)/SampleRate))
	}
	codes := encode(t, tone)
	decoder := NewDecoder()
	heard := make([]int16, len(tone))
	for at := 0; at < len(tone); at += 320 {
		var n int
		var err error
		if at == 6400 {
			n, err = decoder.Conceal(nil, heard[at:at+320])
		} else {
			n, err = decoder.Decode(codes[at/2:at/2+160], heard[at:])
		}
		if n != 320 || err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
	}
	if got := snr(tone[6400:6480], heard[6400:], delay); got < 10 {
		t.Errorf("in the hole the tone is %.1f dB over the rest", got)
	}
	if got := snr(tone[8000:], heard[8000:], delay); got < 20 {
		t.Errorf("80 ms after the hole the tone is %.1f dB over the rest", got)
	}
}

// FuzzDecoder holds that any bytes are sound, and that the predictors stay stable.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x00, 0xff, 0x84, 0x20})
	f.Add(bytes.Repeat([]byte{0x84}, 160))
	f.Add(bytes.Repeat([]byte{0x20, 0xa0}, 80))
	f.Fuzz(func(t *testing.T, data []byte) {
		decoder := NewDecoder()
		pcm := make([]int16, 2*len(data))
		if n, err := decoder.Decode(data, pcm); n != len(pcm) || err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
		for _, band := range []*predictor{&decoder.low.predictor, &decoder.high.predictor} {
			if a1, a2 := band.a[0], band.a[1]; max(a2, -a2) > 12288 || max(a1, -a1) > 15360-a2 {
				t.Fatalf("unstable poles %d and %d", a1, a2)
			}
		}
		if _, err := NewEncoder().Encode(pcm, make([]byte, len(data))); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAllocations(t *testing.T) {
	encoder, decoder := NewEncoder(), NewDecoder()
	pcm, payload := make([]int16, 320), make([]byte, 160)
	if n := testing.AllocsPerRun(50, func() {
		_, _ = encoder.Encode(pcm, payload)
		_, _ = decoder.Decode(payload, pcm)
		_, _ = decoder.Conceal(nil, pcm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	encoder, pcm, payload := NewEncoder(), chord()[4000:4320], make([]byte, 160)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = encoder.Encode(pcm, payload)
	}
}

func BenchmarkDecode(b *testing.B) {
	decoder, pcm, payload := NewDecoder(), chord()[4000:4320], make([]byte, 160)
	_, _ = NewEncoder().Encode(pcm, payload)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = decoder.Decode(payload, pcm)
	}
}
