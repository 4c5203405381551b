package sipua

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// Locator finds the servers of a URI, at least one, in the order in which they are to be tried; *locate.Locator is
// one. It takes a few seconds at most. The same affinity gives the same order.
type Locator interface {
	Locate(ctx context.Context, uri sip.Uri, affinity string) ([]transport.Target, error)
}

// defaultSilence is how long a server may say nothing before the next one is tried. Timer B would take 32 seconds.
const defaultSilence = 3 * time.Second

// locate gives the targets of a list of next hops, in the order in which they are to be tried: those that failed
// lately come last. It blocks while it asks the DNS. The error says why there is none.
func (a *Agent) locate(nextHops []sip.Uri, affinity string) ([]transport.Target, error) {
	targets, err := a.locateAll(context.Background(), nextHops, affinity)
	if len(targets) == 0 {
		return nil, errors.Join(errNoTarget, err)
	}
	if err != nil {
		a.complain("next hop not found", "error", err)
	}
	return a.options.Blacklist.Sort(targets), nil
}

// locateAll gives the targets of a list of next hops, those that failed lately among them, and why there are no more.
func (a *Agent) locateAll(ctx context.Context, nextHops []sip.Uri, affinity string) ([]transport.Target, error) {
	found, errs := make([][]transport.Target, len(nextHops)), make([]error, len(nextHops))
	var looking sync.WaitGroup
	for i, nextHop := range nextHops {
		looking.Go(func() { found[i], errs[i] = a.options.Locator.Locate(ctx, nextHop, affinity) })
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

// targetFailed notes that a server did not answer.
func (a *Agent) targetFailed(target transport.Target, err error) {
	if a.options.Blacklist.Failed(target) {
		a.log.Warn("SIP server does not answer", "transport", target.Transport, "address", target.Address, "error", err)
	}
	a.stats.failedOver.Add(1)
}

// targetBusy notes that a server answered 503, and how long it asked to be left alone (RFC 3261 section 21.5.4).
// Without a time it is not avoided: it may have meant this request alone.
func (a *Agent) targetBusy(target transport.Target, response *sip.Response) {
	a.noteBusy(target, response)
	a.stats.failedOver.Add(1)
}

func (a *Agent) noteBusy(target transport.Target, response *sip.Response) {
	if header := response.GetHeader("Retry-After"); header != nil {
		a.options.Blacklist.Busy(target, parseRetryAfter(header.Value()))
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
