package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"sipbridge/test/load/sound"
)

// mode is what the bridge does with the sound.
type mode string

const (
	// relay passes µ-law on as it is.
	relay mode = "relay"
	// transcode turns the browser's Opus into the phone's µ-law, and back.
	transcode mode = "transcode"
)

// browserCodec is what the browser speaks; the phone speaks µ-law.
func (m mode) browserCodec() sound.Codec {
	if m == transcode {
		return sound.Opus
	}
	return sound.PCMU
}

// options is what the command line says.
type options struct {
	calls  int           // placed in each mode
	rate   float64       // calls placed a second
	window time.Duration // measured
	modes  []mode
	json   bool
	binary string // path of sipbridge
	// rtpengine is the path of rtpengine, to be measured beside in turn; empty for sipbridge alone.
	rtpengine string
	rounds    int // how often each is measured beside the other
	setups    int // short calls placed after the window
}

// What is measured.
const (
	sipbridgeName = "sipbridge"
	rtpengineName = "rtpengine"
)

// peers are what is measured, in turn.
func (o options) peers() []string {
	if o.rtpengine == "" {
		return []string{sipbridgeName}
	}
	var peers []string
	for range o.rounds {
		peers = append(peers, sipbridgeName, rtpengineName)
	}
	return peers
}

// settle is how long the last call may take to come up, before the window opens.
const settle = 2 * time.Second

var errUsage = errors.New("usage")

// Limits keep the generator within the ports of one machine and the memory of its own samples.
const (
	mostCalls     = 2000
	mostRate      = 1000
	longestWindow = 10 * time.Minute
)

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.calls, "calls", 50, "calls to place")
	flags.Float64Var(&o.rate, "rate", 10, "calls placed a second")
	flags.DurationVar(&o.window, "window", 15*time.Second, "how long to measure")
	chosen := flags.String("mode", "both", "relay (PCMU to PCMU), transcode (Opus to PCMU), or both")
	flags.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	flags.StringVar(&o.binary, "binary", "bin/sipbridge", "the service to measure")
	flags.StringVar(&o.rtpengine, "rtpengine", "", "an rtpengine to measure beside, in turn, and print the ratio")
	flags.IntVar(&o.setups, "setups", 0, "calls of a second to place after the window, for the cost of one set-up")
	flags.IntVar(&o.rounds, "rounds", 2, "with -rtpengine: how often each is measured")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return options{}, err
		}
		return options{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	switch *chosen {
	case "both":
		o.modes = []mode{relay, transcode}
	case string(relay), string(transcode):
		o.modes = []mode{mode(*chosen)}
	}
	fault := ""
	switch {
	case flags.NArg() > 0:
		fault = "there are no arguments but flags"
	case len(o.modes) == 0:
		fault = "-mode is relay, transcode or both"
	case o.calls < 1 || o.calls > mostCalls:
		fault = fmt.Sprintf("-calls is 1 to %d", mostCalls)
	case !(o.rate > 0 && o.rate <= mostRate):
		fault = fmt.Sprintf("-rate is above 0 and at most %d", mostRate)
	case o.setups < 0 || o.setups > mostCalls:
		fault = fmt.Sprintf("-setups is 0 to %d", mostCalls)
	case o.rounds < 1:
		fault = "-rounds is at least 1"
	case o.window < time.Second || o.window > longestWindow:
		fault = fmt.Sprintf("-window is 1s to %v", longestWindow)
	}
	if fault != "" {
		_, _ = fmt.Fprintln(stderr, fault)
		return options{}, fmt.Errorf("%w: %s", errUsage, fault)
	}
	return o, nil
}
