package main

import (
	"context"
	"fmt"
	"io"
	"math"
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

// soak places the calls in rounds, and fails if the memory goes on growing or a call fails. Few calls come slower than
// asked, so that a round is long enough.
func (s *stage) soak(ctx context.Context, report *Report, progress io.Writer) error {
	before, rate := 0.0, min(s.options.rates[0], math.Floor(float64(s.options.soak/rounds)/leastRound.Seconds()))
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
