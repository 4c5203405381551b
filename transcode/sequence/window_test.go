package sequence

import "testing"

type placed struct {
	seq     uint16
	offset  int64 // from the first number of the last start
	verdict Verdict
}

func TestPlace(t *testing.T) {
	tests := map[string][]placed{
		"in order":      {{10, 0, First}, {11, 1, Ahead}, {12, 2, Ahead}},
		"wraps":         {{65534, 0, First}, {65535, 1, Ahead}, {0, 2, Ahead}, {1, 3, Ahead}},
		"late":          {{10, 0, First}, {13, 3, Ahead}, {12, 2, Late}, {11, 1, Late}, {14, 4, Ahead}},
		"before first":  {{10, 0, First}, {9, -1, Late}, {11, 1, Ahead}},
		"late at wrap":  {{65535, 0, First}, {1, 2, Ahead}, {0, 1, Late}},
		"duplicates":    {{10, 0, First}, {10, 0, Duplicate}, {12, 2, Ahead}, {11, 1, Late}, {11, 1, Duplicate}},
		"believed jump": {{10, 0, First}, {3010, 3000, Ahead}, {3009, 2999, Late}},
		"stray":         {{10, 0, First}, {9000, 0, Stray}, {11, 1, Ahead}, {9001, 0, Stray}, {12, 2, Ahead}},
		"restart":       {{10, 0, First}, {9000, 0, Stray}, {9001, 0, First}, {9002, 1, Ahead}},
		"restart back":  {{9000, 0, First}, {10, 0, Stray}, {11, 0, First}, {10, -1, Late}},
		"window edge":   {{1000, 0, First}, {489, -511, Late}, {488, 0, Stray}},
		"bits cleared":  {{0, 0, First}, {512, 512, Ahead}, {1, 1, Late}, {1, 1, Duplicate}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			var w Window
			var start int64
			for i, step := range steps {
				number, verdict := w.Place(step.seq)
				if verdict != step.verdict {
					t.Fatalf("step %d: seq %d is %d, want %d", i, step.seq, verdict, step.verdict)
				}
				if verdict == First {
					if i > 0 && number <= start {
						t.Fatalf("step %d: count went back to %d", i, number)
					}
					start = number
				}
				if verdict != Stray && (number-start != step.offset || uint16(number) != step.seq) {
					t.Fatalf("step %d: seq %d is number %d, start %d", i, step.seq, number, start)
				}
			}
		})
	}
}

// TestPlaceLong runs a stream with reordering and repetition over many roll-overs.
func TestPlaceLong(t *testing.T) {
	var w Window
	first, _ := w.Place(0)
	for i := int64(1); i < 400_000; i += 2 {
		for j, want := range []Verdict{Ahead, Late, Duplicate} {
			n := []int64{i + 1, i, i}[j]
			if number, verdict := w.Place(uint16(n)); number != first+n || verdict != want {
				t.Fatalf("packet %d is number %d, verdict %d", n, number-first, verdict)
			}
		}
	}
}

// FuzzPlace holds that no number is given twice as new, and that numbers match their sequence numbers.
func FuzzPlace(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0, 2, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		var w Window
		given := map[int64]bool{}
		for ; len(data) >= 2; data = data[2:] {
			seq := uint16(data[0])<<8 | uint16(data[1])
			number, verdict := w.Place(seq)
			if verdict == Stray {
				continue
			}
			if uint16(number) != seq {
				t.Fatalf("seq %d became number %d", seq, number)
			}
			if verdict != Duplicate && given[number] {
				t.Fatalf("number %d given twice", number)
			}
			given[number] = true
		}
	})
}
