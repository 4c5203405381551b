package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// rounds of a soak, and the one whose memory the last is held against: a transaction is kept for 32 s after its end
// (RFC 3261 timer J, RFC 6026 timers L and M), so it takes a round until as many go as come.
const (
	rounds     = 5
	steady     = 2
	leastRound = 35 * time.Second
)

// mostGrowth is by how much the memory may be above that of the first round, as a share: the garbage collector lets it
// swing.
const mostGrowth = 0.25

// soakRate is how many calls come a second: few come slower than asked, so that a round is long enough.
func (o *options) soakRate() float64 {
	return min(o.rates[0], float64(o.soak/rounds)/leastRound.Seconds())
}

// soak places the calls in rounds, and fails if the memory goes on growing or a call fails.
func (s *stage) soak(ctx context.Context, report *Report, progress io.Writer) error {
	before, rate := 0.0, s.options.soakRate()
	for round := range rounds {
		result, err := s.measureCalls(ctx, rate, s.options.soak/rounds)
		if err != nil {
			return err
		}
		report.Results = append(report.Results, result)
		_, _ = fmt.Fprintf(progress, "%d calls: %.0f KiB, %d failed %v\n",
			(round+1)*result.Count, result.RSS, result.Failed, result.Failures)
		if result.Failed > 0 {
			return fmt.Errorf("round %d: %d calls failed: %v", round+1, result.Failed, result.Failures)
		}
		if round+1 == steady {
			before = result.RSS
		}
	}
	last := report.Results[rounds-1].RSS
	if last > before*(1+mostGrowth) {
		return fmt.Errorf("%w: from %.0f to %.0f KiB", errGrown, before, last)
	}
	return nil
}
