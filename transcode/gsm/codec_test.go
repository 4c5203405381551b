package gsm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os/exec"
	"testing"
)

// buzz is like a voice: a tone that glides, with overtones, that swells and fades.
func buzz(n int) []int16 {
	pcm := make([]int16, n)
	phase := 0.0
	for i := range pcm {
		phase += (150 + 60*math.Sin(float64(i)/7000)) / SampleRate
		loud := 0.6 + 0.4*math.Sin(float64(i)/3000)
		pcm[i] = int16(4000 * loud * (math.Sin(2*math.Pi*phase) + math.Sin(8*math.Pi*phase)/2))
	}
	return pcm
}

func newCodec(tb testing.TB) (*Encoder, *Decoder) {
	tb.Helper()
	encoder, err := NewEncoder()
	if err != nil {
		tb.Fatal(err)
	}
	decoder, err := NewDecoder()
	if err != nil {
		tb.Fatal(err)
	}
	return encoder, decoder
}

func encode(t *testing.T, pcm []int16) []byte {
	t.Helper()
	encoder, _ := newCodec(t)
	payload := make([]byte, len(pcm)/FrameSamples*FrameSize)
	if n, err := encoder.Encode(pcm, payload); n != len(payload) || err != nil {
		t.Fatalf("encoded %d bytes: %v", n, err)
	}
	return payload
}

func decode(t *testing.T, payload []byte) []int16 {
	t.Helper()
	_, decoder := newCodec(t)
	pcm := make([]int16, len(payload)/FrameSize*FrameSamples)
	if n, err := decoder.Decode(payload, pcm); n != len(pcm) || err != nil {
		t.Fatalf("decoded %d samples: %v", n, err)
	}
	return pcm
}

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

// snr compares sound in dB.
func snr(source, heard []int16) float64 {
	var signal, noise float64
	for i := range source {
		signal += math.Pow(float64(source[i]), 2)
		noise += math.Pow(float64(source[i])-float64(heard[i]), 2)
	}
	return 10 * math.Log10(signal/max(noise, 1e-9))
}

// TestFFmpegDecodes holds that ffmpeg's own decoder hears in our frames what we hear.
func TestFFmpegDecodes(t *testing.T) {
	source := buzz(2 * SampleRate)
	codes := encode(t, source)
	raw := ffmpeg(t, codes, "-c:a", "gsm", "-f", "gsm", "-i", "-", "-f", "s16le", "-")
	theirs, ours := make([]int16, len(raw)/2), decode(t, codes)
	if _, err := binary.Decode(raw, binary.LittleEndian, theirs); err != nil {
		t.Fatal(err)
	}
	if len(theirs) != len(ours) {
		t.Fatalf("ffmpeg gave %d samples, we %d", len(theirs), len(ours))
	}
	if got := snr(ours, theirs); got < 60 {
		t.Errorf("ffmpeg's sound is %.1f dB over its difference from ours", got)
	}
	if got := snr(source, ours); got < 10 {
		t.Errorf("the sound is %.1f dB over the rest", got)
	}
}

// TestFFmpegEncodes holds that we hear in frames of ffmpeg what was said.
func TestFFmpegEncodes(t *testing.T) {
	source := buzz(2 * SampleRate)
	raw, _ := binary.Append(nil, binary.LittleEndian, source)
	codes := ffmpeg(t, raw, "-f", "s16le", "-ac", "1", "-ar", "8000", "-i", "-", "-c:a", "libgsm", "-f", "gsm", "-")
	if got := snr(source, decode(t, codes[:len(source)/FrameSamples*FrameSize])); got < 10 {
		t.Errorf("the sound is %.1f dB over the rest", got)
	}
}

func TestMalformed(t *testing.T) {
	encoder, decoder := newCodec(t)
	frame := encode(t, buzz(FrameSamples))
	other := append([]byte{0x1d}, frame[1:]...)
	pcm := make([]int16, 4*FrameSamples)
	for name, payload := range map[string][]byte{
		"nothing": nil, "a part": frame[:32], "one and a byte": append(bytes.Clone(frame), 0xd0),
		"no signature": other, "no signature later": append(bytes.Clone(frame), other...),
		"comfort noise in 5 bytes": make([]byte, 5),
	} {
		if n, err := decoder.Decode(payload, pcm); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d samples, %v", name, n, err)
		}
	}
	if _, err := decoder.Decode(frame, pcm[:159]); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
	if _, err := encoder.Encode(pcm[:161], make([]byte, 100)); !errors.Is(err, ErrMalformed) {
		t.Errorf("encode: %v", err)
	}
	if _, err := encoder.Encode(pcm[:160], make([]byte, 32)); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
}

// TestConceal holds that a hole is filled.
func TestConceal(t *testing.T) {
	_, decoder := newCodec(t)
	source := buzz(10 * FrameSamples)
	heard := make([]int16, len(source))
	if _, err := decoder.Decode(encode(t, source), heard); err != nil {
		t.Fatal(err)
	}
	hole := make([]int16, FrameSamples)
	if n, err := decoder.Conceal(nil, hole); n != FrameSamples || err != nil {
		t.Fatalf("concealed %d: %v", n, err)
	}
	loudest := int16(0)
	for _, sample := range hole {
		loudest = max(loudest, sample)
	}
	if loudest < 1000 {
		t.Errorf("the hole is no louder than %d", loudest)
	}
}

// FuzzDecoder holds that no bytes harm the library, and that the encoder takes what comes out.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 2*FrameSize))
	f.Add(bytes.Repeat([]byte{0x00}, FrameSize))
	f.Add(bytes.Repeat([]byte{0xdb, 0x6d, 0xb6}, 33))
	encoder, decoder := newCodec(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for at := 0; at < len(data); at += FrameSize { // else most is refused at once
			data[at] = data[at]&0x0f | signature
		}
		pcm := make([]int16, 12*FrameSamples)
		n, err := decoder.Decode(data, pcm)
		if err != nil {
			return
		}
		if n != len(data)/FrameSize*FrameSamples {
			t.Fatalf("%d bytes gave %d samples", len(data), n)
		}
		if _, err := encoder.Encode(pcm[:n], make([]byte, len(data))); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAllocations(t *testing.T) {
	encoder, decoder := newCodec(t)
	pcm, payload := buzz(FrameSamples), make([]byte, FrameSize)
	if n := testing.AllocsPerRun(50, func() {
		_, _ = encoder.Encode(pcm, payload)
		_, _ = decoder.Decode(payload, pcm)
		_, _ = decoder.Conceal(nil, pcm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	encoder, _ := newCodec(b)
	pcm, payload := buzz(FrameSamples), make([]byte, FrameSize)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = encoder.Encode(pcm, payload)
	}
}

func BenchmarkDecode(b *testing.B) {
	encoder, decoder := newCodec(b)
	pcm, payload := buzz(FrameSamples), make([]byte, FrameSize)
	_, _ = encoder.Encode(pcm, payload)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = decoder.Decode(payload, pcm)
	}
}
