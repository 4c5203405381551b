package sipua

import (
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// complaints log what peers can cause as often as they like: at most a line a second for bad input, and one for faults
// of our own. All of it is counted.
type complaints struct {
	log          *slog.Logger
	panics       *atomic.Uint64
	inputs, ours rate.Sometimes
}

func newComplaints(log *slog.Logger, panics *atomic.Uint64) *complaints {
	return &complaints{
		log: log, panics: panics,
		inputs: rate.Sometimes{Interval: time.Second}, ours: rate.Sometimes{Interval: time.Second},
	}
}

// complain logs bad input.
func (c *complaints) complain(what string, details ...any) {
	c.inputs.Do(func() { c.log.Info(what, details...) })
}

// panicked logs a panic that was contained. It is called in the deferred function that recovered it.
func (c *complaints) panicked(what string, failure any) {
	c.panics.Add(1)
	stack := string(debug.Stack())
	c.ours.Do(func() { c.log.Error(what, "panic", failure, "stack", stack) })
}
