package recording

import (
	"errors"
	"slices"
	"testing"

	"sipbridge/bridge"
)

// sound is a piece of a party's sound: its samples all have one value.
type sound struct {
	channel         bridge.Channel
	ssrc, timestamp uint32
	length          int
	value           int16
	arrived         int64
}

// TestTimeline holds where sound comes to lie. Lengths are in tenths of a second.
func TestTimeline(t *testing.T) {
	t.Parallel()
	const tenth = sampleRate / 10
	for name, test := range map[string]struct {
		put         []sound
		left, right []int16
	}{
		"side by side": {
			[]sound{{0, 1, 0, 1, 5, 0}, {1, 2, 77, 1, 6, 0}, {0, 1, tenth, 1, 7, tenth}},
			[]int16{5, 7},
			[]int16{6, 0},
		},
		"a party that comes later": {
			[]sound{{0, 1, 0, 1, 5, 0}, {1, 2, 77, 1, 6, tenth}}, []int16{5, 0}, []int16{0, 6},
		},
		"what arrives late lies where it was said": {
			[]sound{{0, 1, 0, 1, 5, 0}, {0, 1, tenth, 1, 6, 3 * tenth}}, []int16{5, 6}, []int16{0, 0},
		},
		"a silence": {
			[]sound{{0, 1, 0, 1, 5, 0}, {0, 1, 3 * tenth, 1, 6, 3 * tenth}}, []int16{5, 0, 0, 6}, []int16{0, 0, 0, 0},
		},
		"timestamps that wrap": {
			[]sound{{0, 1, 1<<32 - tenth, 1, 5, 0}, {0, 1, 0, 1, 6, tenth}}, []int16{5, 6}, []int16{0, 0},
		},
		"timestamps that jump": {
			[]sound{{0, 1, 0, 1, 5, 0}, {0, 1, 1 << 30, 1, 6, tenth}}, []int16{5, 6}, []int16{0, 0},
		},
		"another source": {
			[]sound{{0, 1, 0, 1, 5, 0}, {0, 9, 50, 1, 6, 2 * tenth}}, []int16{5, 0, 6}, []int16{0, 0, 0},
		},
		"a hold that is longer than what is held": {
			[]sound{{0, 1, 0, 1, 5, 0}, {0, 1, 25 * tenth, 1, 6, 25 * tenth}},
			append(append([]int16{5}, make([]int16, 24)...), 6), make([]int16, 26),
		},
	} {
		var left, right []int16
		line := newTimeline(func(samples []int16) error {
			for i := 0; i < len(samples); i += 2 {
				left, right = append(left, samples[i]), append(right, samples[i+1])
			}
			return nil
		})
		for _, s := range test.put {
			samples := slices.Repeat([]int16{s.value}, s.length*tenth)
			if err := line.put(s.channel, s.ssrc, s.timestamp, samples, s.arrived); err != nil {
				t.Fatal(err)
			}
		}
		if err := line.advance(int64(len(test.left) * tenth)); err != nil {
			t.Fatal(err)
		}
		if got := tenths(left, tenth); !slices.Equal(got, test.left) {
			t.Errorf("%s: left is %v", name, got)
		}
		if got := tenths(right, tenth); !slices.Equal(got, test.right) {
			t.Errorf("%s: right is %v", name, got)
		}
	}
}

// tenths gives the first and last value of each tenth, -1 if they differ.
func tenths(samples []int16, tenth int) []int16 {
	var values []int16
	for piece := range slices.Chunk(samples, tenth) {
		value := piece[0]
		if piece[len(piece)-1] != value {
			value = -1
		}
		values = append(values, value)
	}
	return values
}

// TestTooLate holds that sound for a moment that is written already is left out, and no more of it.
func TestTooLate(t *testing.T) {
	t.Parallel()
	var written []int16
	line := newTimeline(func(samples []int16) error {
		written = append(written, samples...)
		return nil
	})
	put := func(timestamp uint32, value int16) {
		if err := line.put(0, 1, timestamp, slices.Repeat([]int16{value}, 100), int64(timestamp)); err != nil {
			t.Fatal(err)
		}
	}
	put(0, 1)
	if err := line.advance(150); err != nil {
		t.Fatal(err)
	}
	put(100, 2)
	if err := line.advance(200); err != nil {
		t.Fatal(err)
	}
	if written[2*149] != 0 || written[2*150] != 2 || written[2*199] != 2 {
		t.Errorf("written %d, %d, %d", written[2*149], written[2*150], written[2*199])
	}
}

// TestWriteFails holds that an error of writing comes back.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	line := newTimeline(func([]int16) error { return full })
	if err := line.advance(10); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
