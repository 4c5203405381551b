// Command signalling measures how fast sipbridge signals, without sound: registrations a second by digest, and calls a
// second from a trunk to a phone, INVITE to BYE. With -soak it places many calls and tells how the memory went, with
// -flood it places some while strangers send as much as they can.
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
		fmt.Fprintln(os.Stderr, "signalling:", err)
		os.Exit(1)
	}
}

// run measures what is asked for and prints one report of all, also of what went wrong in the end.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	report, err := measureAll(ctx, s, stderr)
	err = errors.Join(err, s.close())
	switch {
	case report == nil:
		return err
	case o.json:
		return errors.Join(err, report.writeJSON(stdout))
	default:
		return errors.Join(err, report.writeTable(stdout))
	}
}

// errGrown says that the service kept memory of calls that were over.
var errGrown = errors.New("the service's memory grew")

func measureAll(ctx context.Context, s *stage, progress io.Writer) (*Report, error) {
	report := newReport()
	if s.options.soak > 0 {
		err := s.soak(ctx, report, progress)
		return report, err
	}
	if s.options.flood > 0 {
		err := s.underFlood(ctx, report, progress)
		return report, err
	}
	_, _ = fmt.Fprintf(progress, "registrations: %v\n", s.options.window)
	registrations, err := s.measureRegistrations(ctx)
	if err != nil {
		return nil, err
	}
	report.Results = append(report.Results, registrations)
	for _, rate := range s.options.rates {
		_, _ = fmt.Fprintf(progress, "calls: %g a second, %v\n", rate, s.options.window)
		calls, err := s.measureCalls(ctx, rate, int(rate*s.options.window.Seconds()))
		if err != nil {
			return nil, err
		}
		report.Results = append(report.Results, calls)
	}
	return report, nil
}
