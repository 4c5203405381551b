package governor

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/transcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestComplexityFollowsTheLoad gives loads, one a look, and wants the complexity after each.
func TestComplexityFollowsTheLoad(t *testing.T) {
	t.Parallel()
	repeat := func(load float64, times int) []float64 {
		loads := make([]float64, times)
		for i := range loads {
			loads[i] = load
		}
		return loads
	}
	tests := map[string]struct {
		loads []float64
		want  int
	}{
		"idle":                       {repeat(0.1, 50), 5},
		"a short peak":               {append(repeat(1, 2), repeat(0.7, 20)...), 5},
		"peaks with pauses":          {[]float64{1, 1, 0.7, 1, 1, 0.7, 1, 1, 0.7}, 5},
		"three seconds":              {repeat(0.9, 3), 4},
		"full for long":              {repeat(1, 60), 0},
		"relieved, between marks":    {append(repeat(0.9, 6), repeat(0.7, 100)...), 3},
		"idle, not long enough":      {append(repeat(0.9, 6), repeat(0.5, 9)...), 3},
		"idle again":                 {append(repeat(0.9, 6), repeat(0.5, 10)...), 4},
		"idle for long":              {append(repeat(1, 60), repeat(0.1, 100)...), 5},
		"idle with one busy between": {append(append(repeat(0.9, 3), repeat(0.5, 9)...), 0.7, 0.5), 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effort := transcode.NewEffort(9)
			g := New(Options{Effort: effort, Most: 5})
			for _, load := range test.loads {
				g.look(load)
			}
			if got := g.Stats(); got.Complexity != test.want || effort.Complexity() != test.want {
				t.Errorf("%+v, want %d", got, test.want)
			}
		})
	}
}

func TestRunLooks(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	ctx, stop := context.WithCancel(t.Context())
	looks := 0
	g := New(Options{
		Effort: transcode.NewEffort(5), Most: 5, Interval: time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Load: func() (float64, error) {
			looks++
			switch {
			case looks < 4:
				return 0, errors.New("no such thing")
			case looks == 10:
				stop()
			}
			return 1, nil
		},
	})
	if err := g.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := g.Stats(); got.Complexity > 3 || got.Changes < 2 || got.Load != 1 {
		t.Errorf("%+v", got)
	}
	if strings.Count(log.String(), "no such thing") != 1 || !strings.Contains(log.String(), "complexity=4 load=1") {
		t.Errorf("the log says %s", log.String())
	}
}

// TestBusyMachine keeps a processor busy, and wants to see that.
func TestBusyMachine(t *testing.T) {
	t.Parallel()
	m := newMachine()
	for deadline := time.Now().Add(10 * time.Second); ; {
		for until := time.Now().Add(100 * time.Millisecond); time.Now().Before(until); {
		}
		load, err := m.load()
		if err != nil {
			t.Fatal(err)
		}
		if load > 0.05 && load < 1.1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a load of %v", load)
		}
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	busy, total, err := parseStat("cpu  10 1 20 300 40 2 3 4 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if err != nil || busy != 40 || total != 380 {
		t.Errorf("%d of %d: %v", busy, total, err)
	}
	for _, text := range []string{"", "cpu 1 2", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3 x 5 6 7 8"} {
		if _, _, err := parseStat(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
