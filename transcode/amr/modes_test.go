package amr

import (
	"slices"
	"testing"
)

// TestModesFollow has a party ask for a mode before some frames, and holds the modes of all.
func TestModesFollow(t *testing.T) {
	t.Parallel()
	type requests map[int]int // by the number of the frame before which they come
	for name, test := range map[string]struct {
		band       Band
		parameters string
		requests   requests
		want       []int
	}{
		"none":                {Narrow, "", nil, []int{7, 7, 7}},
		"down, and up":        {Narrow, "", requests{1: 0, 3: 5}, []int{7, 0, 0, 5, 5}},
		"better than usual":   {Wide, "", requests{1: 8}, []int{2, 8, 8}},
		"none again":          {Wide, "", requests{1: 0, 2: NoRequest}, []int{2, 0, 2}},
		"not agreed on":       {Narrow, "mode-set=0,2,7", requests{1: 2, 2: 5}, []int{7, 2, 2}},
		"silence is no mode":  {Narrow, "", requests{1: 8, 2: 14}, []int{7, 7, 7}},
		"lowest of a set":     {Wide, "mode-set=4,8", requests{1: NoRequest}, []int{4, 4}},
		"step by step":        {Narrow, "mode-set=0,2,4,7;mode-change-neighbor=1", requests{1: 0}, []int{7, 4, 2, 0, 0}},
		"and up":              {Narrow, "mode-set=0,2,4;mode-change-neighbor=1", requests{1: 0, 3: 4}, []int{4, 2, 0, 2, 4}},
		"every second frame":  {Narrow, "mode-change-period=2", requests{1: 0, 3: 5}, []int{7, 7, 0, 0, 5, 5}},
		"steps, every second": {Wide, "mode-change-period=2;mode-change-neighbor=1", requests{0: 0}, []int{1, 1, 0, 0}},
	} {
		format, ok := ParseFormat(test.band, test.parameters)
		if !ok {
			t.Fatalf("%s: %q is not taken", name, test.parameters)
		}
		encoded := newRate(format)
		var got []int
		for i := range test.want {
			if mode, asked := test.requests[i]; asked {
				encoded.follow(mode)
			}
			got = append(got, encoded.next())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: modes %v, want %v", name, got, test.want)
		}
	}
}

// TestRequest reads what both forms begin with.
func TestRequest(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]int{"": NoRequest, "\xf0": NoRequest, "\x20\x84": 2, "\x7c\x00": 7} {
		if got := Request([]byte(payload)); got != want {
			t.Errorf("% x asks for %d, want %d", payload, got, want)
		}
	}
}
