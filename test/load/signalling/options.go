package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// options is what the command line says.
type options struct {
	rates  []float64     // of calls, a second; one measurement each
	window time.Duration // of each measurement
	soak   int           // calls; 0 measures instead
	flood  int           // requests of strangers, a second, while calls are placed; 0 for none
	json   bool
	binary string // path of sipbridge
}

var errUsage = errors.New("usage")

const (
	mostRate      = 5000
	longestWindow = 10 * time.Minute
	mostSoaked    = 10_000_000
	mostFlood     = 100_000
)

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("signalling", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rates := flags.String("rates", "100,200,400,600", "calls a second to try, with commas between")
	flags.DurationVar(&o.window, "window", 10*time.Second, "how long to measure each")
	flags.IntVar(&o.soak, "soak", 0, fmt.Sprintf("place so many calls in %d rounds, at the first rate "+
		"or slower so that a round lasts %v, and watch the memory", rounds, leastRound))
	flags.IntVar(&o.flood, "flood", 0, "send so many requests of strangers a second beside calls at the first rate")
	flags.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	flags.StringVar(&o.binary, "binary", "bin/sipbridge", "the service to measure")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return options{}, err
		}
		return options{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	err := o.check(flags.NArg(), *rates)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return options{}, err
	}
	return o, nil
}

func (o *options) check(arguments int, rates string) error {
	for word := range strings.SplitSeq(rates, ",") {
		rate, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || !(rate > 0 && rate <= mostRate) {
			return fmt.Errorf("%w: -rates are above 0 and at most %d", errUsage, mostRate)
		}
		o.rates = append(o.rates, rate)
	}
	switch {
	case arguments > 0:
		return fmt.Errorf("%w: there are no arguments but flags", errUsage)
	case o.window < time.Second || o.window > longestWindow:
		return fmt.Errorf("%w: -window is 1s to %v", errUsage, longestWindow)
	case o.soak != 0 && o.soak < rounds || o.soak > mostSoaked:
		return fmt.Errorf("%w: -soak is 0, or %d to %d", errUsage, rounds, mostSoaked)
	case o.flood < 0 || o.flood > mostFlood || o.flood > 0 && o.soak > 0:
		return fmt.Errorf("%w: -flood is 0 to %d, and not with -soak", errUsage, mostFlood)
	}
	return nil
}
