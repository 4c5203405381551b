package rtmp

import (
	"testing"
)

// TestReordering: pictures in the order of decoding, by when they are shown. From the second group on each is shown at
// its time, and no time of decoding ever goes back.
func TestReordering(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		group []uint32 // the order in which pictures come, after a first one
	}{
		{"in order", []uint32{1}},
		{"one between", []uint32{2, 1}},
		{"two between", []uint32{3, 1, 2}},
		{"three, of which one is leant on", []uint32{4, 2, 1, 3}},
		{"sixteen", []uint32{17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
	} {
		for _, start := range []uint32{0, 1<<32 - 200} {
			var r reordering
			before, count := start, uint32(len(test.group))
			decode := func(shown uint32) uint32 {
				t.Helper()
				decoded, later := r.place(shown)
				if int32(decoded-before) < 0 || later < 0 {
					t.Errorf("%s: shown at %d, decoded at %d after %d, %d later", test.name, shown, decoded, before, later)
				}
				before = decoded
				return decoded + uint32(later)
			}
			decode(start)
			for number := range uint32(20) {
				for _, place := range test.group {
					shown := start + 40*(number*count+place)
					if said := decode(shown); said != shown && number > 0 {
						t.Errorf("%s, group %d: shown at %d instead of %d", test.name, number, said, shown)
					}
				}
			}
		}
	}
}

// TestReorderingAfterPause: after hours, as on hold, a picture is not decoded hours before it is shown.
func TestReorderingAfterPause(t *testing.T) {
	t.Parallel()
	var r reordering
	for _, shown := range []uint32{0, 120, 40, 80, 240, 160, 200} {
		r.place(shown)
	}
	const resumed = 3 * 3600 * 1000
	for _, shown := range []uint32{resumed, resumed + 120, resumed + 40, resumed + 80} {
		if decoded, later := r.place(shown); later > maxLead || decoded+uint32(later) != shown {
			t.Errorf("shown at %d: decoded at %d, %d later", shown, decoded, later)
		}
	}
}

func FuzzReordering(f *testing.F) {
	f.Add([]byte{4, 2, 1, 3, 8, 6, 5, 7})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var r reordering
		var shown, before uint32
		for i, step := range steps {
			shown += uint32(int32(int8(step))) * 999
			decoded, later := r.place(shown)
			if i > 0 && int32(decoded-before) < 0 || later < 0 || later > maxLead || len(r.waiting) > maxReordered {
				t.Fatalf("decoded at %d after %d, %d later; %d wait", decoded, before, later, len(r.waiting))
			}
			before = decoded
		}
	})
}
