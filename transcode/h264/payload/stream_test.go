package payload

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func TestStream(t *testing.T) {
	t.Parallel()
	units := [][]byte{{0x67, 1, 2}, {0x68, 3}, {0x65, 0, 0, 3, 1}}
	var got [][]byte
	Split(Join(nil, units), func(unit []byte) { got = append(got, unit) })
	if len(got) != len(units) {
		t.Fatalf("got %x", got)
	}
	for i := range units {
		if !bytes.Equal(got[i], units[i]) {
			t.Errorf("got %x, want %x", got[i], units[i])
		}
	}
}

// TestSize reads parameter sets that x264 made: of Constrained Baseline, High and Main.
func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		"Z0LADNkBQfsBEAAAAwAQAAADAeDxQqSA":     {320, 240},
		"Z2QAH6zZQFAFuwEQAAADABAAAAMB4PGDGWA=": {1280, 720},
		"Z01AFuygUB7YCIAAAAMAgAAADweLFss=":     {640, 480},
	} {
		set, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		width, height, ok := Size(set)
		if !ok || [2]int{width, height} != want {
			t.Errorf("%s: %d by %d, %t", text, width, height, ok)
		}
		if _, _, ok = Size(set[:7]); ok {
			t.Errorf("%s: cut, but believed", text)
		}
	}
}

func FuzzSize(f *testing.F) {
	f.Add([]byte{0x67, 66, 0, 13, 0xda, 5, 7, 0xec})
	f.Fuzz(func(t *testing.T, set []byte) {
		if width, height, ok := Size(set); ok && (width < 16 || height < 16 || width > 1<<16 || height > 1<<17) {
			t.Errorf("%d by %d", width, height)
		}
		units := 0
		Split(set, func([]byte) { units++ })
		if units > len(set) {
			t.Errorf("%d units", units)
		}
	})
}
