package locate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/locate/resolver"
	"sipbridge/sipua/transport"
)

var (
	// ErrNotFound is why there are no targets: the name has no servers, or is none.
	ErrNotFound = errors.New("locate: no server")
	// ErrTransport is why there are no targets: the URI asks for a transport that we lack.
	ErrTransport = errors.New("locate: transport not available")
)

const (
	// lookupTime bounds the whole search for one URI.
	lookupTime = 2 * time.Second
	// maxTargets bounds the targets of one URI, maxServers the SRV records that are followed.
	maxTargets, maxServers = 32, 16
	// atOnce bounds how many names of one URI are looked up at the same time.
	atOnce = 8
)

// portOf is the port of URIs that name none (RFC 3261 section 19.1.2, RFC 7118 section 5.6).
func portOf(word string) int {
	switch word {
	case "TLS":
		return 5061
	case "WS":
		return 80
	case "WSS":
		return 443
	default:
		return 5060
	}
}

// Options configure a Locator. Zero fields mean the default.
type Options struct {
	// Resolver asks the DNS; nil for none: then only addresses are found.
	Resolver *resolver.Resolver
	// Transports are those that we can send on, the most liked one first; default UDP, TCP.
	Transports []string
	// PreferIPv6 tries a server's IPv6 addresses before those of IPv4.
	PreferIPv6 bool
	// Seed decides the choice among servers by weight; default random.
	Seed uint64
}

// Locator finds the targets of URIs. It is safe for concurrent use.
type Locator struct{ options Options }

// New makes a locator.
func New(options Options) *Locator {
	if len(options.Transports) == 0 {
		options.Transports = []string{"UDP", "TCP"}
	}
	options.Seed = cmp.Or(options.Seed, rand.Uint64())
	return &Locator{options: options}
}

// Locate gives the targets of a URI, at least one, in the order in which they are to be tried. After 2 seconds it asks
// the DNS nothing more, and waits only for what it has asked. Among servers of equal priority the same affinity, such
// as a user's address, always gives the same order. A maddr parameter is not obeyed: it would let the writer of a URI
// aim at anybody.
func (l *Locator) Locate(ctx context.Context, uri sip.Uri, affinity string) ([]transport.Target, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	s := search{
		locator: l, name: strings.ToLower(strings.TrimSuffix(strings.Trim(uri.Host, "[]"), ".")),
		port: uri.Port, affinity: affinity,
	}
	var err error
	if s.word, err = l.asked(uri); err != nil {
		return nil, err
	}
	targets, err := s.run(ctx)
	if len(targets) == 0 {
		return nil, fmt.Errorf("%w for %s: %w", ErrNotFound, uri.Host, cmp.Or(err, errNoRecords))
	}
	return targets[:min(len(targets), maxTargets)], nil
}

// errNoRecords is the reason if the DNS did answer.
var errNoRecords = errors.New("the name has no address")

// asked gives the transport that a URI asks for; "" if it leaves that open.
func (l *Locator) asked(uri sip.Uri) (string, error) {
	word, _ := uri.UriParams.Get("transport")
	word = strings.ToUpper(word)
	secured, possible := word, true
	if strings.EqualFold(uri.Scheme, "sips") { // over TLS, whatever it is that goes over it (RFC 5630 section 3.1)
		secured, possible = map[string]string{
			"": "TLS", "TCP": "TLS", "TLS": "TLS", "WS": "WSS", "WSS": "WSS",
		}[word]
	}
	if !possible || secured != "" && !slices.Contains(l.options.Transports, secured) {
		return "", fmt.Errorf("%w: %s to %s", ErrTransport, word, uri.Host)
	}
	return secured, nil
}
