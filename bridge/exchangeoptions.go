package bridge

import (
	"log/slog"
	"time"

	"sipbridge/transcode"
)

// ExchangeOptions says how an Exchange makes calls.
type ExchangeOptions struct {
	// Router chooses who is called. Required.
	Router Router
	// Policy chooses codecs. The zero value is good.
	Policy Policy
	// Encoder says how sound is encoded where it is transcoded. The zero value is good.
	Encoder transcode.EncoderOptions
	// JitterBuffer is the longest time for which sound that comes unevenly is held where it is transcoded; a negative
	// value for none. Default: 120 ms.
	JitterBuffer time.Duration
	// Observer hears the story of each call; nil means nobody does.
	Observer Observer
	// Announcer tells callers by voice why their calls fail; nil means that nobody does.
	Announcer Announcer
	// Recorder records calls; nil means that none is.
	Recorder Recorder
	// Logger gets one line per call, and what goes wrong. Default: none is written.
	Logger *slog.Logger
	// Ring is how long a callee may ring before the caller hears 408 and the callee is cancelled. Default: 60 s.
	Ring time.Duration
	// Longest is how long an answered call may last. Default: 4 h.
	Longest time.Duration
	// PassTransfers lets a trunk that can be asked to (LegInfo.Refers) do a blind transfer of its party by itself, so that
	// the call leaves the bridge. What it refuses the bridge does, as it does everything else. Default: false.
	PassTransfers bool
	// ReferrerHangup is how long a party whose transfer succeeded may take to hang up before that is done for
	// it. Default: 3 s.
	ReferrerHangup time.Duration
	// Listen is how often it is looked whether both parties of a call are heard. Default: 5 s.
	Listen time.Duration
	// HangupTimeout is how long a leg that was hung up is waited for. It is longer than a SIP transaction
	// lasts (64*T1, RFC 3261 section 17.1.2.2), so that no leg that keeps its word is cut short. Default: 35 s.
	HangupTimeout time.Duration
	// MaxCalls is the number of calls at one time; more are refused with 503. Default: 1000.
	MaxCalls int
	// MaxUserCalls is the number of calls that one user may place at one time; more are refused
	// with 503. Default: a tenth of MaxCalls, at least 1, so that one account never takes all.
	MaxUserCalls int
	// Passing counts calls of a user that are none of the Exchange, but count with his; nil for none. It must not call the
	// Exchange.
	Passing func(user string) int
	// MaxStrangerCalls is how many of MaxCalls may be placed by callers of whom nothing is known; more of theirs are
	// refused with 503. It takes them one packet each, so without it they could keep everybody else from
	// calling. Default: a quarter of MaxCalls, at least 1.
	MaxStrangerCalls int
}

func (o ExchangeOptions) withDefaults() ExchangeOptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Passing == nil {
		o.Passing = func(string) int { return 0 }
	}
	defaultTo(&o.Ring, 60*time.Second)
	defaultTo(&o.Longest, 4*time.Hour)
	defaultTo(&o.Listen, 5*time.Second)
	defaultTo(&o.ReferrerHangup, 3*time.Second)
	defaultTo(&o.HangupTimeout, 35*time.Second)
	defaultTo(&o.MaxCalls, 1000)
	defaultTo(&o.MaxUserCalls, max(o.MaxCalls/10, 1))
	defaultTo(&o.MaxStrangerCalls, max(o.MaxCalls/4, 1))
	return o
}

func defaultTo[T int | time.Duration](value *T, fallback T) {
	if *value <= 0 {
		*value = fallback
	}
}
