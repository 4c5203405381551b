package opus

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sipbridge/transcode/speechtest"
)

func sine(n int, frequency float64, rate int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/float64(rate)))
	}
	return pcm
}

// encode cuts sound into frames and encodes them.
func encode(t *testing.T, options EncoderOptions, pcm []int16, frame int) [][]byte {
	t.Helper()
	encoder, err := NewEncoder(options)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	buffer := make([]byte, 1500)
	for at := 0; at+frame <= len(pcm); at += frame {
		n, err := encoder.Encode(pcm[at:at+frame], buffer)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, bytes.Clone(buffer[:n]))
	}
	return packets
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

// TestRates holds that a tone survives at every rate and every packet length.
func TestRates(t *testing.T) {
	for _, rate := range SampleRates() {
		for _, length := range []int{10, 20, 40, 60} {
			frame := rate * length / 1000
			packets := encode(t, EncoderOptions{SampleRate: rate}, sine(rate, 1000, rate), frame)
			decoder, err := NewDecoder(8000)
			if err != nil {
				t.Fatal(err)
			}
			var heard []int16
			pcm := make([]int16, 960)
			for _, packet := range packets {
				n, err := decoder.Decode(packet, pcm)
				if err != nil || n != length*8 {
					t.Fatalf("%d Hz, %d ms: %d samples, %v", rate, length, n, err)
				}
				heard = append(heard, pcm[:n]...)
			}
			if got := purity(heard[4000:6400], 1000, 8000); got < 15 {
				t.Errorf("%d Hz, %d ms: the tone is %.1f dB over the rest", rate, length, got)
			}
		}
	}
}

// TestRoom holds that the decoder writes nothing behind the slice that it was given.
func TestRoom(t *testing.T) {
	packet := encode(t, EncoderOptions{SampleRate: 8000}, sine(480, 1000, 8000), 480)[0]
	decoder, err := NewDecoder(8000)
	if err != nil {
		t.Fatal(err)
	}
	room := make([]int16, 960)
	for i := range room {
		room[i] = 12345
	}
	if _, err := decoder.Decode(packet, room[:160]); err == nil {
		t.Error("60 ms fit into the room of 20 ms")
	}
	if n, err := decoder.Conceal(nil, room[:165]); n != 160 || err != nil {
		t.Errorf("concealed %d samples: %v", n, err)
	}
	for i, sample := range room[160:] {
		if sample != 12345 {
			t.Fatalf("sample %d was overwritten", 160+i)
		}
	}
}

// TestFEC holds that forward error correction restores lost packets better than a guess does.
func TestFEC(t *testing.T) {
	const rate = 8000
	source := make([]int16, 2*rate)
	phase := 0.0
	for i := range source { // like a voice: a buzz that glides and pulses, which a guess cannot follow
		phase += (150 + 60*math.Sin(float64(i)/700)) / rate
		loud := 0.5 + 0.5*math.Sin(float64(i)/300)
		source[i] = int16(4000 * loud * (math.Sin(2*math.Pi*phase) + math.Sin(8*math.Pi*phase) + math.Sin(14*math.Pi*phase)))
	}
	packets := encode(t, EncoderOptions{SampleRate: rate, FEC: true, Loss: 10}, source, 160)
	errorPower := func(withNext bool) float64 {
		whole, _ := NewDecoder(rate)
		holed, _ := NewDecoder(rate)
		want, got := make([]int16, 960), make([]int16, 960)
		sum := 0.0
		for i, packet := range packets {
			if _, err := whole.Decode(packet, want); err != nil {
				t.Fatal(err)
			}
			var err error
			if i%7 != 3 || i+1 == len(packets) {
				_, err = holed.Decode(packet, got)
			} else if withNext {
				_, err = holed.Conceal(packets[i+1], got[:160])
			} else {
				_, err = holed.Conceal(nil, got[:160])
			}
			if err != nil {
				t.Fatal(err)
			}
			for j := range 160 {
				sum += math.Pow(float64(want[j])-float64(got[j]), 2)
			}
		}
		return sum
	}
	with, without := errorPower(true), errorPower(false)
	if with > without/2 {
		t.Errorf("error power %.3g with FEC, %.3g without", with, without)
	}
}

func TestDTX(t *testing.T) {
	packets := encode(t, EncoderOptions{SampleRate: 8000, DTX: true}, make([]int16, 16000), 160)
	unsent := 0
	for _, packet := range packets {
		if len(packet) == 0 {
			unsent++
		}
	}
	if unsent < len(packets)/2 {
		t.Errorf("%d of %d packets of silence need not be sent", unsent, len(packets))
	}
}

func TestComplexityChanges(t *testing.T) {
	t.Parallel()
	encoder, err := NewEncoder(EncoderOptions{SampleRate: 8000})
	if err != nil {
		t.Fatal(err)
	}
	for _, complexity := range []int{0, 10, 3} {
		if err := encoder.SetComplexity(complexity); err != nil {
			t.Fatal(err)
		}
		if got, err := encoder.lib.Complexity(); err != nil || got != complexity {
			t.Errorf("%d instead of %d: %v", got, complexity, err)
		}
	}
	if encoder.SetComplexity(11) == nil {
		t.Error("11 is taken")
	}
}

func TestBadOptions(t *testing.T) {
	for _, options := range []EncoderOptions{
		{SampleRate: 44100},
		{SampleRate: 8000, Complexity: 11},
		{SampleRate: 8000, Bitrate: -5},
	} {
		if _, err := NewEncoder(options); err == nil {
			t.Errorf("%+v made an encoder", options)
		}
	}
	if _, err := NewDecoder(11025); err == nil {
		t.Error("a decoder at 11025 Hz was made")
	}
}

// TestFFmpegDecodes holds that ffmpeg hears the tone in our packets, wrapped in Ogg.
func TestFFmpegDecodes(t *testing.T) {
	packets := encode(t, EncoderOptions{SampleRate: 8000, FEC: true, Loss: 10}, sine(16000, 440, 8000), 160)
	file := filepath.Join(t.TempDir(), "tone.opus")
	if err := os.WriteFile(file, ogg(packets), 0o600); err != nil {
		t.Fatal(err)
	}
	var problem bytes.Buffer
	command := exec.Command("ffmpeg", "-v", "error", "-i", file, "-f", "s16le", "-ar", "48000", "-ac", "1", "-")
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil || problem.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	pcm := make([]int16, len(output)/2)
	if _, err := binary.Decode(output, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	if len(pcm) < 90000 {
		t.Fatalf("ffmpeg decoded %d samples of 2 s", len(pcm))
	}
	if got := purity(pcm[24000:72000], 440, 48000); got < 15 {
		t.Errorf("the tone is %.1f dB over the rest", got)
	}
}

// ogg wraps packets of 20 ms as RFC 7845 has it, one packet a page.
func ogg(packets [][]byte) []byte {
	head := append([]byte("OpusHead\x01\x01"), 0, 0, 0x40, 0x1f, 0, 0, 0, 0, 0)
	tags := append([]byte("OpusTags"), 4, 0, 0, 0, 't', 'e', 's', 't', 0, 0, 0, 0)
	var file []byte
	for i, packet := range append([][]byte{head, tags}, packets...) {
		kind := byte(0)
		if i == 0 {
			kind = 2 // first page
		}
		file = append(file, speechtest.OggPage(kind, uint64(max(i-1, 0)*960), uint32(i), packet)...)
	}
	return file
}

func BenchmarkEncode(b *testing.B) {
	for name, options := range map[string]EncoderOptions{
		"plain": {SampleRate: 8000}, "fec": {SampleRate: 8000, FEC: true, Loss: 10},
	} {
		b.Run(name, func(b *testing.B) {
			encoder, err := NewEncoder(options)
			if err != nil {
				b.Fatal(err)
			}
			pcm, packet := sine(160, 300, 8000), make([]byte, 1500)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = encoder.Encode(pcm, packet)
			}
		})
	}
}
