package g711

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"
)

func laws() map[string]Law { return map[string]Law{"mulaw": MuLaw, "alaw": ALaw} }

func (l Law) encode1(sample int16) byte {
	var code [1]byte
	l.Encode([]int16{sample}, code[:])
	return code[0]
}

func (l Law) decode1(code byte) int16 {
	var pcm [1]int16
	l.Decode([]byte{code}, pcm[:])
	return pcm[0]
}

// TestKnownValues are values that ITU-T G.711 tables 1a, 1b, 2a and 2b give, as 16-bit samples.
func TestKnownValues(t *testing.T) {
	tests := []struct {
		law    Law
		code   byte
		sample int16
	}{
		{MuLaw, 0xff, 0},
		{MuLaw, 0x7f, 0},
		{MuLaw, 0x80, 8031 * 4},
		{MuLaw, 0x00, -8031 * 4},
		{MuLaw, 0x8f, 4191 * 4},
		{MuLaw, 0xfe, 2 * 4},
		{ALaw, 0xd5, 1 * 8},
		{ALaw, 0x55, -1 * 8},
		{ALaw, 0xaa, 4032 * 8},
		{ALaw, 0x2a, -4032 * 8},
		{ALaw, 0xc5, 33 * 8},
	}
	for _, test := range tests {
		if got := test.law.decode1(test.code); got != test.sample {
			t.Errorf("law %d: %#02x decodes to %d, want %d", test.law, test.code, got, test.sample)
		}
	}
}

// TestCodes holds for all 256 codes that encoding undoes decoding, and that the sign bit mirrors.
func TestCodes(t *testing.T) {
	for name, law := range laws() {
		for code := range 256 {
			sample := law.decode1(byte(code))
			if mirrored := law.decode1(byte(code) ^ 0x80); mirrored != -sample {
				t.Errorf("%s: %#02x is %d, its mirror %d", name, code, sample, mirrored)
			}
			again := law.encode1(sample)
			if again != byte(code) && (law != MuLaw || code != 0x7f || again != 0xff) { // -0 becomes +0
				t.Errorf("%s: %#02x decodes to %d, which encodes to %#02x", name, code, sample, again)
			}
		}
	}
}

// step gives the distance of a code's value from those of its neighbours in the same segment.
func (l Law) step(code byte) int {
	if l == ALaw {
		return 16 << max(int((code^0x55)>>4&7)-1, 0)
	}
	return 8 << (^code >> 4 & 7)
}

// TestSamples holds for all 65536 samples that the law never falls, and that the value of the code is no further
// from the sample than half a step, as the decision values of G.711 have it; beyond the largest
// decision value samples are clipped.
func TestSamples(t *testing.T) {
	for name, law := range laws() {
		largest := int(law.decode1(law.encode1(math.MaxInt16)))
		last := math.MinInt16
		for sample := math.MinInt16; sample <= math.MaxInt16; sample++ {
			code := law.encode1(int16(sample))
			value := int(law.decode1(code))
			if value < last {
				t.Fatalf("%s: %d is coded as %d, less than its predecessor's %d", name, sample, value, last)
			}
			last = value
			clipped := abs(sample) > largest && abs(value) == largest
			if off := abs(sample - value); off > law.step(code)/2 && !clipped {
				t.Fatalf("%s: %d is coded as %d, with steps of %d", name, sample, value, law.step(code))
			}
		}
	}
}

// ffmpeg converts raw audio at 8 kHz from one sample format to another.
func ffmpeg(t *testing.T, from, to string, input []byte) []byte {
	t.Helper()
	command := exec.Command("ffmpeg", "-v", "error", "-f", from, "-ar", "8000", "-i", "-", "-f", to, "-ar", "8000", "-")
	command.Stdin = bytes.NewReader(input)
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	return output
}

// TestFFmpegDecodes holds that ffmpeg hears in every code what we hear.
func TestFFmpegDecodes(t *testing.T) {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	for name, law := range laws() {
		pcm := make([]int16, 256)
		law.Decode(codes, pcm)
		want, _ := binary.Append(nil, binary.LittleEndian, pcm)
		if got := ffmpeg(t, name, "s16le", codes); !bytes.Equal(got, want) {
			t.Errorf("%s: ffmpeg decodes otherwise", name)
		}
	}
}

// TestFFmpegEncodes holds that ffmpeg codes nearly every sample as we do, and the rest one step beside: it looks
// for the nearest value where G.711 has decision values.
func TestFFmpegEncodes(t *testing.T) {
	pcm := make([]int16, 65536)
	for i := range pcm {
		pcm[i] = int16(i - 32768)
	}
	input, _ := binary.Append(nil, binary.LittleEndian, pcm)
	for name, law := range laws() {
		theirs := ffmpeg(t, "s16le", name, input)
		ours := make([]byte, len(pcm))
		law.Encode(pcm, ours)
		if len(theirs) != len(ours) {
			t.Fatalf("%s: ffmpeg gave %d codes", name, len(theirs))
		}
		same := 0
		for i, sample := range pcm {
			if ours[i] == theirs[i] {
				same++
				continue
			}
			apart := abs(int(law.decode1(ours[i])) - int(law.decode1(theirs[i])))
			if apart > max(law.step(ours[i]), law.step(theirs[i])) {
				t.Fatalf("%s: %d is %#02x, with ffmpeg %#02x", name, sample, ours[i], theirs[i])
			}
		}
		if same < len(pcm)*95/100 {
			t.Errorf("%s: only %d of 65536 codes are those of ffmpeg", name, same)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	pcm := sine(160, 1000, 8000)
	codes := make([]byte, 160)
	for name, law := range laws() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				law.Encode(pcm, codes)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	codes := make([]byte, 160)
	pcm := make([]int16, 160)
	MuLaw.Encode(sine(160, 1000, 8000), codes)
	for name, law := range laws() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				law.Decode(codes, pcm)
			}
		})
	}
}

func sine(n int, frequency, amplitude float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(amplitude * math.Sin(2*math.Pi*frequency*float64(i)/SampleRate))
	}
	return pcm
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
