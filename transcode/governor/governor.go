package governor

import (
	"context"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"sipbridge/transcode"
)

// The marks are shares of all processors.
const (
	upperMark = 0.8
	lowerMark = 0.6
	// lowerAfter and raiseAfter are how many looks in a row must be above the upper or below the lower mark.
	lowerAfter = 3
	raiseAfter = 10
)

// Options says what a Governor governs.
type Options struct {
	// Effort is what it sets. Required.
	Effort *transcode.Effort
	// Most is the complexity of an idle machine.
	Most int
	// Load gives how busy the processors were since it was called last, from 0 to 1. Nil means those of this machine.
	Load func() (float64, error)
	// Interval is the time between two looks; 0 means a second.
	Interval time.Duration
	// Logger hears of changes; nil means nobody.
	Logger *slog.Logger
}

// Governor sets an Effort by the load of the machine.
type Governor struct {
	options Options
	// above and below count looks in a row; owned by Run.
	above, below int

	load    atomic.Uint64 // bits of a float64
	changes atomic.Uint64
}

// Stats is a snapshot.
type Stats struct {
	// Load is how busy the processors were at the last look, from 0 to 1.
	Load float64
	// Complexity is that of Opus now.
	Complexity int
	// Changes counts how often it changed.
	Changes uint64
}

// New makes a Governor. It does nothing before Run.
func New(options Options) *Governor {
	if options.Load == nil {
		options.Load = newMachine().load
	}
	if options.Interval <= 0 {
		options.Interval = time.Second
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	options.Effort.SetComplexity(options.Most)
	return &Governor{options: options}
}

// Run looks until ctx is done, and returns nil. A load that cannot be measured leaves everything as it is, and is said
// once.
func (g *Governor) Run(ctx context.Context) error {
	ticker := time.NewTicker(g.options.Interval)
	defer ticker.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		load, err := g.options.Load()
		if err != nil {
			if !told {
				g.options.Logger.Warn("the load of the machine is not known", "error", err)
			}
			told = true
			continue
		}
		g.look(load)
	}
}

// look takes a load, and changes the effort if it is time.
func (g *Governor) look(load float64) {
	g.load.Store(math.Float64bits(load))
	g.above, g.below = next(g.above, load > upperMark), next(g.below, load < lowerMark)
	complexity := g.options.Effort.Complexity()
	switch {
	case g.above >= lowerAfter && complexity > 0:
		complexity--
	case g.below >= raiseAfter && complexity < g.options.Most:
		complexity++
	default:
		return
	}
	g.above, g.below = 0, 0
	g.changes.Add(1)
	g.options.Effort.SetComplexity(complexity)
	g.options.Logger.Info("opus complexity follows the load", "complexity", complexity, "load", math.Round(load*100)/100)
}

// next counts looks in a row.
func next(count int, goesOn bool) int {
	if goesOn {
		return count + 1
	}
	return 0
}

// Stats gives a snapshot.
func (g *Governor) Stats() Stats {
	return Stats{
		Load:       math.Float64frombits(g.load.Load()),
		Complexity: g.options.Effort.Complexity(), Changes: g.changes.Load(),
	}
}
