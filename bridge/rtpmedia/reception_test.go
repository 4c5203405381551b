package rtpmedia

import (
	"math"
	"testing"
	"time"
)

func TestLoss(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sequences []uint16
		lost      uint64
		highest   uint32
	}{
		"in order":        {[]uint16{1, 2, 3}, 0, 3},
		"a gap":           {[]uint16{1, 2, 5}, 2, 5},
		"disorder":        {[]uint16{1, 3, 2, 4}, 0, 4},
		"a duplicate":     {[]uint16{1, 2, 2, 2, 5}, 0, 5},
		"roll-over":       {[]uint16{65534, 65535, 0, 2}, 1, 1<<16 + 2},
		"late, before it": {[]uint16{65535, 0, 65534, 1}, 0, 1<<16 + 1},
		"one stray":       {[]uint16{1, 2, 40000, 3}, 0, 3},
		"a restart":       {[]uint16{1, 3, 40000, 40001, 40003}, 2, 40003},
		"far back":        {[]uint16{5000, 1, 2, 3}, 0, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r reception
			for _, sequence := range test.sequences {
				r.packet(1, sequence, 0, 0, time.Now())
			}
			block := r.reports(time.Now())[0]
			if r.lost() != test.lost || block.LastSequenceNumber != test.highest {
				t.Errorf("lost %d, highest %d; want %d, %d", r.lost(), block.LastSequenceNumber, test.lost, test.highest)
			}
		})
	}
}

func TestFractionLost(t *testing.T) {
	t.Parallel()
	var r reception
	now := time.Now()
	for _, sequence := range []uint16{1, 2, 4} {
		r.packet(1, sequence, 0, 0, now)
	}
	if got := r.reports(now)[0].FractionLost; got != 64 { // one of four
		t.Errorf("got %d", got)
	}
	for _, sequence := range []uint16{5, 6} {
		r.packet(1, sequence, 0, 0, now)
	}
	block := r.reports(now)[0]
	if block.FractionLost != 0 || block.TotalLost != 1 {
		t.Errorf("got %+v", block)
	}
	r.packet(1, 2900, 0, 0, now)
	if got := r.reports(now)[0].FractionLost; got != 255 {
		t.Errorf("got %d", got)
	}
}

// TestJitter sends packets that come 5 ms early and late in turn: the difference is always 10 ms.
func TestJitter(t *testing.T) {
	t.Parallel()
	var r reception
	start := time.Now()
	for i := range uint16(400) {
		at := start.Add(time.Duration(i)*20*time.Millisecond + time.Duration(i%2)*10*time.Millisecond)
		r.packet(1, i, uint32(i)*160, 8000, at)
	}
	if off := math.Abs(float64(r.jitter - 10*time.Millisecond)); off > float64(100*time.Microsecond) {
		t.Errorf("the jitter is %v", r.jitter)
	}
	if got := r.reports(start)[0].Jitter; got < 79 || got > 80 {
		t.Errorf("the jitter is reported as %d units", got)
	}
}

// TestForgottenSourcesCount holds that losses stay counted when a source makes room for another.
func TestForgottenSourcesCount(t *testing.T) {
	t.Parallel()
	var r reception
	now := time.Now()
	for ssrc := range uint32(maxSources + 4) {
		now = now.Add(time.Second)
		r.packet(ssrc, 1, 0, 0, now)
		r.packet(ssrc, 3, 0, 0, now)
	}
	if got := r.lost(); got != maxSources+4 {
		t.Errorf("lost %d", got)
	}
	if _, found := map[uint32]bool{r.sources[0].ssrc: true}[0]; found {
		t.Error("the oldest source is still there")
	}
}
