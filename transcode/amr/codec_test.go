//go:build amr

package amr

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"
)

// tone is half a second of a sine.
func tone(band Band, frequency float64) []int16 {
	pcm := make([]int16, band.SampleRate()/2)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/float64(band.SampleRate())))
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
	sine := 2 * (re*re + im*im) / float64(len(pcm))
	return 10 * math.Log10(sine/max(total-sine, 1e-9))
}

// packets encodes sound.
func packets(t *testing.T, format Format, pcm []int16, frames int) [][]byte {
	t.Helper()
	encoder, err := NewEncoder(format)
	if err != nil {
		t.Fatal(err)
	}
	var made [][]byte
	payload := make([]byte, 1500)
	for step := frames * format.Band.FrameSamples(); len(pcm) >= step; pcm = pcm[step:] {
		n, err := encoder.Encode(pcm[:step], payload)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, bytes.Clone(payload[:n]))
	}
	return made
}

// TestThereAndBack holds that a tone survives in both bands, both forms and several modes, and that ffmpeg's own
// decoders hear it, too.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{
		{Mode: 7},
		{OctetAligned: true, Mode: 7},
		{OctetAligned: true},
		{Band: Wide, Mode: 2},
		{Band: Wide, OctetAligned: true, Mode: 8},
		{Band: Wide, OctetAligned: true},
	} {
		for _, frames := range []int{1, 3} {
			decoder, err := NewDecoder(format)
			if err != nil {
				t.Fatal(err)
			}
			var heard, file []int16
			pcm := make([]int16, mostFrames*format.Band.FrameSamples())
			made := packets(t, format, tone(format.Band, 700), frames)
			for _, packet := range made {
				n, err := decoder.Decode(packet, pcm)
				if err != nil || n != frames*format.Band.FrameSamples() {
					t.Fatalf("%+v: %d samples: %v", format, n, err)
				}
				heard = append(heard, pcm[:n]...)
			}
			file = ffmpeg(t, format, made)
			for who, sound := range map[string][]int16{"we": heard, "ffmpeg": file} {
				quarter := format.Band.SampleRate() / 4
				if len(sound) < quarter+quarter/2 {
					t.Fatalf("%+v: %s hear %d samples", format, who, len(sound))
				}
				if got := purity(sound[quarter/2:quarter+quarter/2], 700, format.Band.SampleRate()); got < 10 {
					t.Errorf("%+v, %d frames: for %s the tone is %.1f dB over the rest", format, frames, who, got)
				}
			}
		}
	}
}

// ffmpeg decodes packets, put into a file.
func ffmpeg(t *testing.T, format Format, made [][]byte) []int16 {
	t.Helper()
	file := []byte("#!AMR\n")
	if format.Band == Wide {
		file = []byte("#!AMR-WB\n")
	}
	for _, packet := range made {
		fault := format.Unpack(packet, func(frame []byte) error {
			file = append(file, frame...)
			return nil
		})
		if fault != nil {
			t.Fatal(fault)
		}
	}
	command := exec.Command("ffmpeg", "-v", "error", "-f", "amr", "-i", "-", "-f", "s16le", "-")
	command.Stdin = bytes.NewReader(file)
	var problem bytes.Buffer
	command.Stderr = &problem
	raw, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	pcm := make([]int16, len(raw)/2)
	if _, err = binary.Decode(raw, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	return pcm
}

// TestConceal holds that a hole goes on with what was heard.
func TestConceal(t *testing.T) {
	t.Parallel()
	for _, band := range []Band{Narrow, Wide} {
		format := Format{Band: band, Mode: usualMode(band)}
		decoder, err := NewDecoder(format)
		if err != nil {
			t.Fatal(err)
		}
		pcm := make([]int16, band.FrameSamples())
		for _, packet := range packets(t, format, tone(band, 700), 1)[:20] {
			if _, err = decoder.Decode(packet, pcm); err != nil {
				t.Fatal(err)
			}
		}
		clear(pcm)
		n, err := decoder.Conceal(nil, pcm)
		loud := 0.0
		for _, sample := range pcm {
			loud = max(loud, math.Abs(float64(sample)))
		}
		if n != len(pcm) || err != nil || loud < 1000 {
			t.Errorf("band %d: %d samples up to %.0f: %v", band, n, loud, err)
		}
		if _, err := decoder.Decode([]byte{0xff}, pcm); err == nil {
			t.Error("rubbish is heard")
		}
	}
}
