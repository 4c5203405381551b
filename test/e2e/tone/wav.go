// Package tone makes test tones and finds them again: a sine in a WAV file as somebody's microphone, and the
// share of the energy at a frequency in what was heard at the other end.
package tone

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
)

// Sine is a tone of this many seconds at half of full scale. Whole cycles fit a whole second, so it loops
// without a click when the frequency and the seconds are whole numbers.
func Sine(hertz float64, rate, seconds int) []int16 {
	samples := make([]int16, rate*seconds)
	for i := range samples {
		samples[i] = int16(16000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return samples
}

// WriteWAV writes mono 16-bit samples.
func WriteWAV(path string, rate int, samples []int16) error {
	header := struct {
		RIFF          [4]byte
		Size          uint32
		WAVEfmt       [8]byte
		FormatSize    uint32
		Format        uint16
		Channels      uint16
		Rate          uint32
		BytesPerSec   uint32
		BlockAlign    uint16
		BitsPerSample uint16
		Data          [4]byte
		DataSize      uint32
	}{
		[4]byte([]byte("RIFF")), uint32(36 + 2*len(samples)), [8]byte([]byte("WAVEfmt ")), 16, 1, 1,
		uint32(rate), uint32(2 * rate), 2, 16, [4]byte([]byte("data")), uint32(2 * len(samples)),
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	if err := errors.Join(
		binary.Write(file, binary.LittleEndian, header),
		binary.Write(file, binary.LittleEndian, samples),
		file.Close(),
	); err != nil {
		return fmt.Errorf("write WAV %s: %w", path, err)
	}
	return nil
}

// ErrNotWAV says that a file is no 16-bit WAV file.
var ErrNotWAV = errors.New("not a 16-bit PCM WAV file")

// ReadWAV reads the first channel of a 16-bit file. A file whose writer has not closed it yet, and whose sizes
// are therefore still zero, is read to its end.
func ReadWAV(path string) (rate int, samples []int16, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, fmt.Errorf("read WAV: %w", err)
	}
	if len(content) < 12 || string(content[:4]) != "RIFF" || string(content[8:12]) != "WAVE" {
		return 0, nil, fmt.Errorf("%s: %w", path, ErrNotWAV)
	}
	channels := 0
	for at := 12; at+8 <= len(content); {
		name, size := string(content[at:at+4]), int(binary.LittleEndian.Uint32(content[at+4:]))
		body := content[at+8:]
		switch name {
		case "fmt ":
			if len(body) < 16 || binary.LittleEndian.Uint16(body[14:]) != 16 {
				return 0, nil, fmt.Errorf("%s: %w", path, ErrNotWAV)
			}
			channels, rate = int(binary.LittleEndian.Uint16(body[2:])), int(binary.LittleEndian.Uint32(body[4:]))
		case "data":
			if channels == 0 {
				return 0, nil, fmt.Errorf("%s: %w", path, ErrNotWAV)
			}
			if size == 0 || size > len(body) {
				size = len(body)
			}
			return rate, firstChannel(body[:size], channels), nil
		}
		at += 8 + size + size%2
	}
	return rate, nil, nil
}

func firstChannel(data []byte, channels int) []int16 {
	samples := make([]int16, 0, len(data)/2/channels)
	for at := 0; at+2 <= len(data); at += 2 * channels {
		samples = append(samples, int16(binary.LittleEndian.Uint16(data[at:])))
	}
	return samples
}
