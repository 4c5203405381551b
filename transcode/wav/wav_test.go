package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// file makes a WAV file of chunks: format tag, channels, rate, bits, and sound.
func file(tag, channels, rate, bits int, sound []byte, size uint32) []byte {
	fields := binary.LittleEndian.AppendUint16(nil, uint16(tag))
	fields = binary.LittleEndian.AppendUint16(fields, uint16(channels))
	fields = binary.LittleEndian.AppendUint32(fields, uint32(rate))
	fields = binary.LittleEndian.AppendUint32(fields, uint32(rate*channels*bits/8))
	fields = binary.LittleEndian.AppendUint16(fields, uint16(channels*bits/8))
	fields = binary.LittleEndian.AppendUint16(fields, uint16(bits))
	raw := append([]byte("RIFF\xff\xff\xff\xffWAVE"), chunkOf("LIST", []byte("odd"))...)
	raw = append(raw, chunkOf("fmt ", fields)...)
	raw = append(raw, "data"...)
	raw = binary.LittleEndian.AppendUint32(raw, size)
	return append(raw, sound...)
}

func chunkOf(name string, content []byte) []byte {
	raw := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(content)))
	raw = append(raw, content...)
	if len(content)%2 == 1 {
		raw = append(raw, 0)
	}
	return raw
}

func TestRead(t *testing.T) {
	t.Parallel()
	pcm := []byte{1, 0, 3, 0, 0xff, 0xff, 0xfd, 0xff}
	for name, test := range map[string]struct {
		raw  []byte
		rate int
		want []int16
	}{
		"mono":         {file(formatPCM, 1, 16000, 16, pcm, 8), 16000, []int16{1, 3, -1, -3}},
		"stereo":       {file(formatPCM, 2, 48000, 16, pcm, 8), 48000, []int16{2, -2}},
		"more follows": {file(formatPCM, 1, 8000, 16, append(pcm, "LIST"...), 8), 8000, []int16{1, 3, -1, -3}},
		"cut short":    {file(formatPCM, 1, 8000, 16, pcm, 4000), 8000, []int16{1, 3, -1, -3}},
		"size unknown": {file(formatPCM, 1, 8000, 16, pcm, 0xffffffff), 8000, []int16{1, 3, -1, -3}},
		"never closed": {file(formatPCM, 1, 8000, 16, pcm, 0), 8000, []int16{1, 3, -1, -3}},
		"µ-law":        {file(formatMuLaw, 1, 8000, 8, []byte{0xff, 0x80}, 2), 8000, []int16{0, 32124}},
		"A-law":        {file(formatALaw, 1, 8000, 8, []byte{0xd5, 0xaa}, 2), 8000, []int16{8, 32256}},
	} {
		sound, err := Read(bytes.NewReader(test.raw), time.Second)
		if err != nil || sound.SampleRate != test.rate || !slices.Equal(sound.Samples, test.want) {
			t.Errorf("%s: %d Hz, %v: %v", name, sound.SampleRate, sound.Samples, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":          {nil, ErrFormat},
		"no WAV":           {[]byte(strings.Repeat("x", 200)), ErrFormat},
		"no sound":         {file(formatPCM, 1, 8000, 16, nil, 0)[:40], ErrFormat},
		"24 bits":          {file(formatPCM, 1, 8000, 24, nil, 0), ErrFormat},
		"MP3":              {file(0x55, 1, 8000, 16, nil, 0), ErrFormat},
		"three channels":   {file(formatPCM, 3, 8000, 16, nil, 0), ErrFormat},
		"96 kHz":           {file(formatPCM, 1, 96000, 16, nil, 0), ErrFormat},
		"too long":         {file(formatPCM, 1, 8000, 16, make([]byte, 16002), 16002), ErrTooLong},
		"a chunk too long": {append([]byte("RIFF....WAVE"), chunkOf("junk", make([]byte, mostHeader+2))...), ErrFormat},
	} {
		if _, err := Read(bytes.NewReader(test.raw), time.Second); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWrite holds that a file is whole after each Sync, and reads as what was written.
func TestWrite(t *testing.T) {
	t.Parallel()
	made, err := os.Create(filepath.Join(t.TempDir(), "call.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if closed := made.Close(); closed != nil {
			t.Error(closed)
		}
	}()
	writer, err := NewWriter(made, 16000, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err = errors.Join(writer.Write([]int16{10, 20, -10, -20}), writer.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(made.Name())
	if err != nil {
		t.Fatal(err)
	}
	if size := binary.LittleEndian.Uint32(raw[4:]); int(size) != len(raw)-8 {
		t.Errorf("the head says %d of %d bytes", size, len(raw))
	}
	sound, err := Read(bytes.NewReader(raw), time.Second)
	if err != nil || !slices.Equal(sound.Samples, []int16{15, -15, 15, -15}) || sound.Length() != 250*time.Microsecond {
		t.Errorf("read %v, %v: %v", sound.Samples, sound.Length(), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(formatPCM, 2, 8000, 16, []byte{1, 2, 3, 4, 5}, 5))
	f.Add(file(formatMuLaw, 1, 8000, 8, []byte{1, 2, 3}, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sound, err := Read(bytes.NewReader(raw), time.Second)
		if err == nil && sound.Length() > time.Second {
			t.Errorf("%v of sound", sound.Length())
		}
	})
}
