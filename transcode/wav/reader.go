package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/pcm"
)

// ErrFormat says that a file is no WAV file, or of a kind that is not read.
var ErrFormat = errors.New("wav: not PCM of 16 bits, A-law or µ-law, with one or two channels of 8000 to 48000 Hz")

// ErrTooLong says that the sound is longer than asked for.
var ErrTooLong = errors.New("wav: too long")

// The formats that are read.
const (
	formatPCM        = 1
	formatALaw       = 6
	formatMuLaw      = 7
	formatExtensible = 0xfffe
)

// mostHeader is how many bytes of chunks that say nothing of the sound are skipped before it.
const mostHeader = 1 << 20

// format is what the chunk "fmt " says.
type format struct {
	tag, channels, bits int
	rate                int
}

// Read reads a whole file whose sound is not longer than longest, and mixes two channels to one. The error is
// ErrFormat, ErrTooLong or that of reading.
func Read(file io.Reader, longest time.Duration) (pcm.Sound, error) {
	var head [12]byte
	if _, err := io.ReadFull(file, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return pcm.Sound{}, ErrFormat
	}
	var known *format
	for skipped := 0; skipped < mostHeader; {
		name, size, err := chunk(file)
		if err != nil {
			return pcm.Sound{}, err
		}
		switch {
		case name == "data" && known != nil:
			return known.read(file, size, longest)
		case name == "fmt ":
			if known, err = readFormat(file, size); err != nil {
				return pcm.Sound{}, err
			}
		default:
			padded := int64(size) + int64(size&1) // chunks begin at even places
			if padded > mostHeader {
				return pcm.Sound{}, ErrFormat
			}
			skipped += int(padded)
			if _, err := io.CopyN(io.Discard, file, padded); err != nil {
				return pcm.Sound{}, ErrFormat
			}
		}
		skipped++
	}
	return pcm.Sound{}, ErrFormat
}

// chunk reads the name of a chunk and its length in bytes.
func chunk(file io.Reader) (name string, size uint32, err error) {
	var head [8]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return "", 0, fmt.Errorf("%w: no sound", ErrFormat)
	}
	return string(head[:4]), binary.LittleEndian.Uint32(head[4:]), nil
}

func readFormat(file io.Reader, size uint32) (*format, error) {
	const least, most = 16, 256
	if size < least || size > most {
		return nil, ErrFormat
	}
	raw := make([]byte, size+size&1)
	if _, err := io.ReadFull(file, raw); err != nil {
		return nil, ErrFormat
	}
	known := &format{
		tag: int(binary.LittleEndian.Uint16(raw)), channels: int(binary.LittleEndian.Uint16(raw[2:])),
		rate: int(binary.LittleEndian.Uint32(raw[4:])), bits: int(binary.LittleEndian.Uint16(raw[14:])),
	}
	const subformat = 24 // where the extensible form has the first two bytes of its GUID
	if known.tag == formatExtensible && size >= subformat+2 {
		known.tag = int(binary.LittleEndian.Uint16(raw[subformat:]))
	}
	if !known.valid() {
		return nil, fmt.Errorf("%w: format %d, %d channels, %d bits, %d Hz", ErrFormat,
			known.tag, known.channels, known.bits, known.rate)
	}
	return known, nil
}

func (f *format) valid() bool {
	bits := f.bits == 16 && f.tag == formatPCM || f.bits == 8 && (f.tag == formatALaw || f.tag == formatMuLaw)
	return bits && f.channels >= 1 && f.channels <= 2 && f.rate >= 8000 && f.rate <= 48000
}

// read reads the sound. A size of a writer that did not know it, or died, means all that there is.
func (f *format) read(file io.Reader, size uint32, longest time.Duration) (pcm.Sound, error) {
	frame := int64(f.channels * f.bits / 8)
	room := int64(longest) * int64(f.rate) / int64(time.Second) * frame
	want := int64(size)
	if size == 0 || size == 0xffffffff {
		want = room + 1
	}
	raw, err := io.ReadAll(io.LimitReader(file, min(want, room+1)))
	if err != nil {
		return pcm.Sound{}, err
	}
	if int64(len(raw)) > room {
		return pcm.Sound{}, fmt.Errorf("%w: above %v", ErrTooLong, longest)
	}
	return pcm.Sound{SampleRate: f.rate, Samples: f.mono(f.decode(raw))}, nil
}

// decode gives the samples of all channels in turn.
func (f *format) decode(raw []byte) []int16 {
	samples := make([]int16, len(raw)*8/f.bits)
	switch f.tag {
	case formatALaw:
		g711.ALaw.Decode(raw, samples)
	case formatMuLaw:
		g711.MuLaw.Decode(raw, samples)
	default:
		for i := range samples {
			samples[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	}
	return samples
}

// mono mixes the channels.
func (f *format) mono(samples []int16) []int16 {
	if f.channels == 1 {
		return samples
	}
	mixed := samples[:len(samples)/2]
	for i := range mixed {
		mixed[i] = int16((int(samples[2*i]) + int(samples[2*i+1])) / 2)
	}
	return mixed
}
