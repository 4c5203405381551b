// Command load measures what sipbridge costs: it starts the service, places calls from browsers (SIP over WebSocket and
// WebRTC) to phones (SIP and RTP over UDP), lets them talk, and prints CPU time, memory, set-up times, delays and loss.
// Everything stays on loopback, and it ends by itself. docs/performance.md says how to read the figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// errCalls says that calls failed, so that the figures mean little.
var errCalls = errors.New("not all calls came up and lasted")

// run measures each mode and prints one report of all. Calls that failed are an error, after the report.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	report := newReport(o)
	for _, mode := range o.modes {
		for _, peer := range o.peers() {
			_, _ = fmt.Fprintf(stderr, "%s: %s, %d calls, %g a second, then %v\n", peer, mode, o.calls, o.rate, o.window)
			result, fault := measureMode(ctx, o, mode, peer)
			if fault != nil {
				return fmt.Errorf("%s: %s: %w", peer, mode, fault)
			}
			report.Results = append(report.Results, result)
		}
	}
	if err = report.write(stdout, o); err != nil {
		return err
	}
	for _, result := range report.Results {
		if result.Peer == sipbridgeName && result.Good+result.ShortCalls < result.Calls+o.setups {
			return fmt.Errorf("%s: %w: %d and %d of %d and %d: %v", result.Mode, errCalls,
				result.Good, result.ShortCalls, result.Calls, o.setups, result.Failures)
		}
	}
	return nil
}
