package speex

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func modes() []Mode { return []Mode{Narrowband, Wideband, UltraWideband} }

func sine(n int, frequency float64, rate int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/float64(rate)))
	}
	return pcm
}

// purity gives how much of the sound, in dB over the rest, is a sine of a frequency.
func purity(pcm []int16, frequency float64, rate int) float64 {
	var re, im, total float64
	for i, sample := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / float64(rate))
		re += float64(sample) * cos
		im += float64(sample) * sin
		total += float64(sample) * float64(sample)
	}
	tone := 2 * (re*re + im*im) / float64(len(pcm))
	return 10 * math.Log10(tone/max(total-tone, 1e-9))
}

func newEncoder(tb testing.TB, options EncoderOptions) *Encoder {
	tb.Helper()
	encoder, err := NewEncoder(options)
	if err != nil {
		tb.Fatal(err)
	}
	return encoder
}

func newDecoder(tb testing.TB, mode Mode) *Decoder {
	tb.Helper()
	decoder, err := NewDecoder(mode)
	if err != nil {
		tb.Fatal(err)
	}
	return decoder
}

// encode cuts sound into packets of some frames.
func encode(t *testing.T, options EncoderOptions, pcm []int16, frames int) [][]byte {
	t.Helper()
	encoder := newEncoder(t, options)
	size := frames * options.Mode.FrameSamples()
	var packets [][]byte
	buffer := make([]byte, 1500)
	for at := 0; at+size <= len(pcm); at += size {
		n, err := encoder.Encode(pcm[at:at+size], buffer)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, bytes.Clone(buffer[:n]))
	}
	return packets
}

// TestTone holds that a tone survives in every mode, with every number of frames in a packet.
func TestTone(t *testing.T) {
	for _, mode := range modes() {
		for _, frames := range []int{1, 2, 3, 12} {
			rate := mode.SampleRate()
			decoder := newDecoder(t, mode)
			pcm := make([]int16, 12*mode.FrameSamples())
			var heard []int16
			for _, packet := range encode(t, EncoderOptions{Mode: mode}, sine(2*rate, 1000, rate), frames) {
				n, err := decoder.Decode(packet, pcm)
				if err != nil || n != frames*mode.FrameSamples() {
					t.Fatalf("mode %d, %d frames: %d samples, %v", mode, frames, n, err)
				}
				heard = append(heard, pcm[:n]...)
			}
			if got := purity(heard[rate/5:], 1000, rate); got < 12 {
				t.Errorf("mode %d, %d frames: the tone is %.1f dB over the rest", mode, frames, got)
			}
		}
	}
}

// TestSizes are those of the modes that RFC 5574 section 5.1 lists: 15, 27.8 and 29.6 kbit/s at quality 8.
func TestSizes(t *testing.T) {
	for mode, want := range map[Mode]int{Narrowband: 38, Wideband: 70, UltraWideband: 74} {
		for _, packet := range encode(t, EncoderOptions{Mode: mode}, sine(mode.SampleRate(), 300, mode.SampleRate()), 1) {
			if len(packet) != want {
				t.Fatalf("mode %d: %d bytes, want %d", mode, len(packet), want)
			}
		}
	}
	total := func(options EncoderOptions) int {
		return len(bytes.Join(encode(t, options, sine(16000, 300, 8000), 1), nil))
	}
	if low, high := total(EncoderOptions{Quality: 3}), total(EncoderOptions{Quality: 10}); low > high/2 {
		t.Errorf("quality 3 takes %d bytes, quality 10 %d", low, high)
	}
	silence := bytes.Join(encode(t, EncoderOptions{VBR: true}, make([]int16, 16000), 1), nil)
	if tone := total(EncoderOptions{}); len(silence) > tone/2 {
		t.Errorf("silence takes %d bytes with VBR, a tone %d without", len(silence), tone)
	}
}

// TestNarrowInWide holds that a decoder hears frames that lack its upper band, as Flash sends them.
func TestNarrowInWide(t *testing.T) {
	decoder := newDecoder(t, Wideband)
	pcm := make([]int16, 320)
	var heard []int16
	for _, packet := range encode(t, EncoderOptions{Mode: Narrowband}, sine(16000, 1000, 8000), 1) {
		n, err := decoder.Decode(packet, pcm)
		if err != nil || n != 320 {
			t.Fatalf("%d samples: %v", n, err)
		}
		heard = append(heard, pcm...)
	}
	if got := purity(heard[3200:], 1000, 16000); got < 10 {
		t.Errorf("the tone is %.1f dB over the rest", got)
	}
}

// TestConceal holds that a tone goes on in a hole, and that after a long one it fades.
func TestConceal(t *testing.T) {
	for _, mode := range modes() {
		frame := mode.FrameSamples()
		decoder := newDecoder(t, mode)
		pcm := make([]int16, 50*frame+3)
		for _, packet := range encode(t, EncoderOptions{Mode: mode}, sine(20*frame, 250, mode.SampleRate()), 1) {
			if _, err := decoder.Decode(packet, pcm); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := decoder.Conceal(nil, pcm); n != 50*frame || err != nil {
			t.Fatalf("mode %d: %d samples: %v", mode, n, err)
		}
		if first, last := loudest(pcm[:frame]), loudest(pcm[49*frame:50*frame]); first < 2000 || last > first/4 {
			t.Errorf("mode %d: the hole begins with %d and ends with %d", mode, first, last)
		}
		if n, err := decoder.Conceal(nil, pcm[:frame-1]); n != 0 || err != nil {
			t.Errorf("mode %d: less than a frame: %d samples: %v", mode, n, err)
		}
	}
}

func loudest(pcm []int16) int16 {
	most := int16(0)
	for _, sample := range pcm {
		most = max(most, sample)
	}
	return most
}

func TestBadArguments(t *testing.T) {
	for _, options := range []EncoderOptions{
		{Mode: 3}, {Quality: 11}, {Quality: -1}, {Complexity: 11}, {Complexity: -1},
	} {
		if _, err := NewEncoder(options); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", options, err)
		}
	}
	if _, err := NewDecoder(3); !errors.Is(err, ErrOptions) {
		t.Errorf("decoder: %v", err)
	}
	encoder, decoder := newEncoder(t, EncoderOptions{}), newDecoder(t, Narrowband)
	pcm, payload := make([]int16, 320), make([]byte, 100)
	if _, err := encoder.Encode(pcm[:161], payload); !errors.Is(err, ErrMalformed) {
		t.Errorf("encode: %v", err)
	}
	if _, err := encoder.Encode(pcm[:160], payload[:37]); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
	n, err := encoder.Encode(pcm[:160], payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Decode(payload[:n], pcm[:159]); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
	for name, packet := range map[string][]byte{
		"nothing": nil, "a terminator": {0x7f}, "cut": payload[:10], "huge": make([]byte, 1501),
	} {
		if n, err := decoder.Decode(packet, pcm); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d samples, %v", name, n, err)
		}
	}
}

// TestRoom holds that the decoder writes nothing behind the slice that it was given.
func TestRoom(t *testing.T) {
	packet := encode(t, EncoderOptions{}, sine(480, 1000, 8000), 3)[0]
	room := make([]int16, 480)
	for i := range room {
		room[i] = 12345
	}
	if n, err := newDecoder(t, Narrowband).Decode(packet, room[:479]); !errors.Is(err, ErrRoom) {
		t.Fatalf("%d samples: %v", n, err)
	}
	if n, err := newDecoder(t, Narrowband).Conceal(nil, room[:330]); n != 320 || err != nil {
		t.Fatalf("concealed %d samples: %v", n, err)
	}
	for i, sample := range room[320:] {
		if sample != 12345 {
			t.Fatalf("sample %d was overwritten", 320+i)
		}
	}
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

// TestFFmpegDecodes holds that ffmpeg's own decoder, given our packets in Ogg, hears the tone, and what we hear.
func TestFFmpegDecodes(t *testing.T) {
	for _, mode := range modes() {
		rate := mode.SampleRate()
		packets := encode(t, EncoderOptions{Mode: mode}, sine(2*rate, 440, rate), 1)
		file := filepath.Join(t.TempDir(), "tone.spx")
		if err := os.WriteFile(file, ogg(mode, packets), 0o600); err != nil {
			t.Fatal(err)
		}
		raw := ffmpeg(t, nil, "-c:a", "speex", "-i", file, "-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", "1", "-")
		theirs := make([]int16, len(raw)/2)
		if _, err := binary.Decode(raw, binary.LittleEndian, theirs); err != nil {
			t.Fatal(err)
		}
		if len(theirs) < rate*19/10 {
			t.Fatalf("mode %d: ffmpeg decoded %d samples of 2 s", mode, len(theirs))
		}
		if got := purity(theirs[rate/2:rate*3/2], 440, rate); got < 12 {
			t.Errorf("mode %d: the tone is %.1f dB over the rest", mode, got)
		}
	}
}

// TestFFmpegEncodes holds that we hear the tone in ffmpeg's packets, taken from Ogg.
func TestFFmpegEncodes(t *testing.T) {
	for _, mode := range modes() {
		rate := mode.SampleRate()
		raw, _ := binary.Append(nil, binary.LittleEndian, sine(2*rate, 440, rate))
		file := ffmpeg(t, raw, "-f", "s16le", "-ar", fmt.Sprint(rate), "-ac", "1", "-i", "-",
			"-c:a", "libspeex", "-frames_per_packet", "2", "-f", "ogg", "-")
		decoder, pcm := newDecoder(t, mode), make([]int16, 12*mode.FrameSamples())
		var heard []int16
		for _, packet := range unwrap(file)[2:] {
			n, err := decoder.Decode(packet, pcm)
			if err != nil || n != 2*mode.FrameSamples() {
				t.Fatalf("mode %d: %d samples: %v", mode, n, err)
			}
			heard = append(heard, pcm[:n]...)
		}
		if len(heard) < rate*19/10 {
			t.Fatalf("mode %d: %d samples of 2 s", mode, len(heard))
		}
		if got := purity(heard[rate/2:rate*3/2], 440, rate); got < 12 {
			t.Errorf("mode %d: the tone is %.1f dB over the rest", mode, got)
		}
	}
}

// FuzzDecoder holds that no bytes harm the library in any mode, and that it finds as many frames as Mode.Frames.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x7f})
	f.Add(bytes.Repeat([]byte{0xff}, 200))
	f.Add(bytes.Repeat([]byte{0x1d, 0x2e}, 70))
	var decoders []*Decoder
	for _, mode := range modes() {
		pcm, buffer := sine(2*mode.FrameSamples(), 300, mode.SampleRate()), make([]byte, 300)
		n, err := newEncoder(f, EncoderOptions{Mode: mode}).Encode(pcm, buffer)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(buffer[:n])
		decoders = append(decoders, newDecoder(f, mode))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pcm := make([]int16, 12*UltraWideband.FrameSamples())
		for _, decoder := range decoders {
			n, err := decoder.Decode(data, pcm)
			frames, malformed := decoder.mode.Frames(data)
			switch {
			case errors.Is(err, ErrRoom) && frames*decoder.frame > len(pcm) || len(data) > maxPayload:
			case malformed != nil && err == nil, malformed == nil && (err != nil || n != frames*decoder.frame):
				t.Fatalf("%d frames, %v; the library gives %d samples, %v", frames, malformed, n, err)
			}
			if n, err := decoder.Conceal(data, pcm[:decoder.frame]); n != decoder.frame || err != nil {
				t.Fatalf("concealed %d: %v", n, err)
			}
		}
	})
}

func TestAllocations(t *testing.T) {
	for _, mode := range modes() {
		encoder, decoder := newEncoder(t, EncoderOptions{Mode: mode}), newDecoder(t, mode)
		pcm, payload := make([]int16, mode.FrameSamples()), make([]byte, 200)
		if n := testing.AllocsPerRun(50, func() {
			size, _ := encoder.Encode(pcm, payload)
			_, _ = decoder.Decode(payload[:size], pcm)
			_, _ = decoder.Conceal(nil, pcm)
		}); n != 0 {
			t.Errorf("mode %d: %v allocations", mode, n)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, mode := range modes() {
		b.Run(fmt.Sprint(mode.SampleRate()), func(b *testing.B) {
			encoder, payload := newEncoder(b, EncoderOptions{Mode: mode}), make([]byte, 200)
			pcm := sine(mode.FrameSamples(), 300, mode.SampleRate())
			b.ReportAllocs()
			for b.Loop() {
				_, _ = encoder.Encode(pcm, payload)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, mode := range modes() {
		b.Run(fmt.Sprint(mode.SampleRate()), func(b *testing.B) {
			decoder, payload := newDecoder(b, mode), make([]byte, 200)
			pcm := sine(mode.FrameSamples(), 300, mode.SampleRate())
			n, err := newEncoder(b, EncoderOptions{Mode: mode}).Encode(pcm, payload)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = decoder.Decode(payload[:n], pcm)
			}
		})
	}
}
