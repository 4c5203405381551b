package failover

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/locate"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// Locator finds the servers of a URI, at least one, in the order in which they are to be tried; *locate.Locator is
// one. It takes a few seconds at most. The same affinity gives the same order.
type Locator interface {
	Locate(ctx context.Context, uri sip.Uri, affinity string) ([]transport.Target, error)
}

// DefaultSilence is how long a server may say nothing before the next one is tried. Timer B would take 32 seconds.
const DefaultSilence = 3 * time.Second

// Options configure Servers. All are needed.
type Options struct {
	// Transactions carry the requests.
	Transactions *transaction.Table
	// FlowTo gives the flow to a server. It does not block.
	FlowTo func(transport.Target) (transport.Flow, error)
	// Locator finds the servers of a URI.
	Locator Locator
	// Blacklist has those that are tried last.
	Blacklist *locate.Blacklist
	// Silence is how long a server may say nothing at all before the next one is tried.
	Silence time.Duration
	// After is time.AfterFunc but in tests.
	After func(delay time.Duration, work func()) *time.Timer
	// Closing is closed when nobody is to be waited for any more.
	Closing <-chan struct{}
	// Complain logs what others can cause as often as they like.
	Complain func(what string, details ...any)
	// Log must not be nil.
	Log *slog.Logger
}

// Servers are those that requests of ours go to, wherever the DNS says they are.
type Servers struct {
	options    Options
	failedOver atomic.Uint64
}

// New makes Servers.
func New(options Options) *Servers { return &Servers{options: options} }

// FailedOver counts the requests that a server did not take.
func (s *Servers) FailedOver() uint64 { return s.failedOver.Load() }

// FlowTo gives the flow to a server. It does not block.
func (s *Servers) FlowTo(target transport.Target) (transport.Flow, error) {
	return s.options.FlowTo(target)
}

// Locate gives the targets of a list of next hops, in the order in which they are to be tried: those that failed
// lately come last. It blocks while it asks the DNS. The error says why there is none.
func (s *Servers) Locate(nextHops []sip.Uri, affinity string) ([]transport.Target, error) {
	targets, err := s.LocateAll(context.Background(), nextHops, affinity)
	if len(targets) == 0 {
		return nil, errors.Join(ErrNoTarget, err)
	}
	if err != nil {
		s.options.Complain("next hop not found", "error", err)
	}
	return s.options.Blacklist.Sort(targets), nil
}

// LocateAll gives the targets of a list of next hops, those that failed lately among them, and why there are no more.
func (s *Servers) LocateAll(ctx context.Context, nextHops []sip.Uri, affinity string) ([]transport.Target, error) {
	found, errs := make([][]transport.Target, len(nextHops)), make([]error, len(nextHops))
	var looking sync.WaitGroup
	for i, nextHop := range nextHops {
		looking.Go(func() { found[i], errs[i] = s.options.Locator.Locate(ctx, nextHop, affinity) })
	}
	looking.Wait()
	var targets []transport.Target
	for _, target := range slices.Concat(found...) {
		if !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	return targets, errors.Join(errs...)
}

// Failed notes that a server did not answer.
func (s *Servers) Failed(target transport.Target, err error) {
	if s.options.Blacklist.Failed(target) {
		s.options.Log.Warn("SIP server does not answer", "transport", target.Transport, "address", target.Address,
			"error", err)
	}
	s.failedOver.Add(1)
}

// Busy notes that a server answered 503, and how long it asked to be left alone (RFC 3261 section 21.5.4).
// Without a time it is not avoided: it may have meant this request alone.
func (s *Servers) Busy(target transport.Target, response *sip.Response) {
	s.NoteBusy(target, response)
	s.failedOver.Add(1)
}

// NoteBusy does that without counting: a probe was answered so.
func (s *Servers) NoteBusy(target transport.Target, response *sip.Response) {
	if header := response.GetHeader("Retry-After"); header != nil {
		s.options.Blacklist.Busy(target, parseRetryAfter(header.Value()))
	}
}

// parseRetryAfter reads the seconds of a Retry-After header, over its comment and parameters; 0 if there are none.
func parseRetryAfter(value string) time.Duration {
	end := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		value = value[:end]
	}
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
