package locate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"sipbridge/sipua/locate/dnstest"
	"sipbridge/sipua/locate/resolver"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newResolver asks only these servers.
func newResolver(t *testing.T, servers ...*dnstest.Server) *resolver.Resolver {
	t.Helper()
	var addresses []string
	for _, server := range servers {
		addresses = append(addresses, server.Address)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return resolver.New(resolver.Options{Servers: addresses, SystemFile: empty, HostsFile: empty})
}

func parse(t *testing.T, text string) sip.Uri {
	t.Helper()
	uri, err := wire.ParseURI(text, wire.StreamLimits())
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

// words are targets as text; the domain is left out where it is the host of the URI.
func words(targets []transport.Target, host string) string {
	var all []string
	for _, target := range targets {
		text := fmt.Sprintf("%s %s", target.Transport, target.Address)
		if target.Domain != host {
			text += " for " + target.Domain
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// zone has one domain for each way in which RFC 3263 finds servers.
func zone() []string {
	return []string{
		// whole: NAPTR, SRV, addresses
		`whole.example. 60 IN NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.whole.example.`,
		`whole.example. 60 IN NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp.whole.example.`,
		`whole.example. 60 IN NAPTR 90 60 "s" "SIP+D2U" "" _udp.elsewhere.example.`,
		`whole.example. 60 IN NAPTR 10 10 "s" "SIP+D2W" "" _sip._ws.whole.example.`,
		"_sips._tcp.whole.example. 60 IN SRV 1 1 5061 one.whole.example.",
		"_sip._tcp.whole.example. 60 IN SRV 2 0 5070 two.whole.example.",
		"_sip._tcp.whole.example. 60 IN SRV 1 0 5060 one.whole.example.",
		"_udp.elsewhere.example. 60 IN SRV 1 0 5080 one.whole.example.",
		"one.whole.example. 60 IN A 192.0.2.1", "one.whole.example. 60 IN AAAA 2001:db8::1",
		"two.whole.example. 60 IN A 192.0.2.2",
		// srv: no NAPTR
		"_sip._udp.srv.example. 60 IN SRV 1 0 5070 host.srv.example.",
		"_sip._tcp.srv.example. 60 IN SRV 1 0 5071 host.srv.example.",
		"_sips._tcp.srv.example. 60 IN SRV 1 0 5072 host.srv.example.",
		"host.srv.example. 60 IN A 192.0.2.3", "srv.example. 60 IN A 192.0.2.33",
		// plain: neither
		"plain.example. 60 IN A 192.0.2.4", "plain.example. 60 IN AAAA 2001:db8::4",
		// off: no service, in spite of its address
		"_sip._udp.off.example. 60 IN SRV 0 0 0 .", "off.example. 60 IN A 192.0.2.5",
		// host: NAPTR that names a host
		`host.example. 60 IN NAPTR 1 1 "a" "SIP+D2T" "" plain.example.`,
		// useless: NAPTR that we cannot use
		`useless.example. 60 IN NAPTR 1 1 "s" "SIP+D2S" "" _sip._sctp.useless.example.`,
		`useless.example. 60 IN NAPTR 1 2 "p" "SIP+D2U" "" _sip._udp.plain.example.`, "useless.example. 60 IN A 192.0.2.6",
		// number: an address where a name belongs; dead: a server without addresses
		"_sip._udp.number.example. 60 IN SRV 2 0 5060 192.0.2.7.", "_sip._udp.number.example. 60 IN SRV 1 0 5060 no.example.",
	}
}

func TestLocate(t *testing.T) {
	server := dnstest.Start(t, zone()...)
	for _, test := range []struct {
		uri, transports string
		six             bool
		want            string
	}{
		{uri: "sip:192.0.2.9", want: "UDP 192.0.2.9:5060"},
		{uri: "sip:192.0.2.9:5070;transport=tcp", want: "TCP 192.0.2.9:5070"},
		{uri: "sip:[2001:db8::9]", want: "UDP [2001:db8::9]:5060"},
		{uri: "sips:192.0.2.9", want: "TLS 192.0.2.9:5061"},
		{uri: "sips:192.0.2.9;transport=tcp", want: "TLS 192.0.2.9:5061"},
		{uri: "sip:192.0.2.9;transport=ws", transports: "UDP,WS", want: "WS 192.0.2.9:80"},
		{uri: "sips:plain.example;transport=ws", transports: "UDP,WS,WSS", want: "WSS 192.0.2.4:443, WSS [2001:db8::4]:443"},
		{uri: "sip:192.0.2.9", transports: "TCP", want: "TCP 192.0.2.9:5060"},
		{uri: "sip:192.0.2.9;maddr=192.0.2.10", want: "UDP 192.0.2.9:5060"},

		{uri: "sip:plain.example", want: "UDP 192.0.2.4:5060, UDP [2001:db8::4]:5060"},
		{uri: "sip:PLAIN.example.", want: "UDP 192.0.2.4:5060, UDP [2001:db8::4]:5060"},
		{uri: "sip:plain.example", six: true, want: "UDP [2001:db8::4]:5060, UDP 192.0.2.4:5060"},
		{uri: "sip:plain.example;transport=tcp", want: "TCP 192.0.2.4:5060, TCP [2001:db8::4]:5060"},
		{uri: "sips:plain.example", want: "TLS 192.0.2.4:5061, TLS [2001:db8::4]:5061"},

		{uri: "sip:srv.example", want: "UDP 192.0.2.3:5070, TCP 192.0.2.3:5071, TLS 192.0.2.3:5072"},
		{uri: "sip:srv.example", transports: "TCP,UDP", want: "TCP 192.0.2.3:5071, UDP 192.0.2.3:5070"},
		{uri: "sip:srv.example;transport=tcp", want: "TCP 192.0.2.3:5071"},
		{uri: "sips:srv.example", want: "TLS 192.0.2.3:5072"},
		{uri: "sip:srv.example:5099", want: "UDP 192.0.2.33:5099"},
		{uri: "sip:srv.example:5099;transport=tls", want: "TLS 192.0.2.33:5099"},

		{uri: "sip:whole.example", want: "TLS 192.0.2.1:5061, TLS [2001:db8::1]:5061, TCP 192.0.2.1:5060, " +
			"TCP [2001:db8::1]:5060, TCP 192.0.2.2:5070, UDP 192.0.2.1:5080, UDP [2001:db8::1]:5080"},
		{uri: "sip:whole.example", transports: "UDP", want: "UDP 192.0.2.1:5080, UDP [2001:db8::1]:5080"},
		{uri: "sips:whole.example", want: "TLS 192.0.2.1:5061, TLS [2001:db8::1]:5061"},
		{uri: "sip:host.example", want: "TCP 192.0.2.4:5060, TCP [2001:db8::4]:5060"},
		{uri: "sip:useless.example", want: "UDP 192.0.2.6:5060"},
		{uri: "sip:number.example", want: "UDP 192.0.2.7:5060"},
	} {
		t.Run(test.uri+" "+test.transports, func(t *testing.T) {
			transports := strings.Split(test.transports, ",")
			if test.transports == "" {
				transports = []string{"UDP", "TCP", "TLS"}
			}
			locator := New(Options{Resolver: newResolver(t, server), Transports: transports, PreferIPv6: test.six})
			uri := parse(t, test.uri)
			targets, err := locator.Locate(context.Background(), uri, "alice")
			host := strings.ToLower(strings.Trim(strings.TrimSuffix(uri.Host, "."), "[]"))
			if got := words(targets, host); err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestNoTargets(t *testing.T) {
	server := dnstest.Start(t, zone()...)
	locator := New(Options{Resolver: newResolver(t, server)})
	for uri, want := range map[string]error{
		"sip:nobody.example": ErrNotFound, "sip:off.example": errNotOffered, "sip:plain.example;transport=sctp": ErrTransport,
		"sips:plain.example": ErrTransport, "sip:plain.example;transport=ws": ErrTransport,
		"sips:192.0.2.1;transport=udp": ErrTransport,
	} {
		if targets, err := locator.Locate(context.Background(), parse(t, uri), ""); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v, want %v", uri, targets, err, want)
		}
	}
	_, err := New(Options{}).Locate(context.Background(), parse(t, "sip:plain.example"), "")
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("without a resolver: %v", err)
	}
}

// TestServersThatDoNotKnowNAPTRAndSRV: some DNS servers do not know these types, and say so in all ways.
func TestServersThatDoNotKnowNAPTRAndSRV(t *testing.T) {
	for _, rcode := range []int{dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeFormatError} {
		server := dnstest.Start(t, zone()...)
		server.Forge(func(request, answer *dns.Msg) {
			if kind := request.Question[0].Qtype; kind == dns.TypeNAPTR || kind == dns.TypeSRV {
				answer.Rcode = rcode
			}
		})
		locator := New(Options{Resolver: newResolver(t, server)})
		targets, err := locator.Locate(context.Background(), parse(t, "sip:plain.example"), "")
		if got := words(targets, "plain.example"); err != nil || got != "UDP 192.0.2.4:5060, UDP [2001:db8::4]:5060" {
			t.Errorf("%s: %s (%v)", dns.RcodeToString[rcode], got, err)
		}
	}
}

func TestLocateIsBoundedInSize(t *testing.T) {
	var records []string
	for number := range 60 {
		records = append(records, fmt.Sprintf("_sip._udp.many.example. 60 IN SRV 1 1 5060 h%d.many.example.", number))
		for host := range 10 {
			records = append(records, fmt.Sprintf("h%d.many.example. 60 IN A 10.0.%d.%d", number, number, host))
		}
	}
	server := dnstest.Start(t, records...)
	locator := New(Options{Resolver: newResolver(t, server)})
	targets, err := locator.Locate(context.Background(), parse(t, "sip:many.example"), "")
	if err != nil || len(targets) != maxTargets {
		t.Errorf("%d targets, %v", len(targets), err)
	}
}

// TestLocateIsBoundedInTime: where each question takes its whole time, no third one is asked.
func TestLocateIsBoundedInTime(t *testing.T) {
	const pointer = `slow.example. 60 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.elsewhere.example.`
	one, other := dnstest.Start(t, pointer), dnstest.Start(t, pointer)
	slow := newResolver(t, one, other)
	if found, err := slow.NAPTR(t.Context(), "slow.example"); err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	one.Mute(true)
	other.Mute(true)
	locator := New(Options{Resolver: slow})
	if _, err := locator.Locate(t.Context(), parse(t, "sip:slow.example"), ""); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if one.Asked("SRV _sip._udp.slow.example.") == 0 || one.Asked("SRV _sip._udp.elsewhere.example.") == 0 {
		t.Error("the services are not looked for")
	}
	if asked := one.Asked("A slow.example.") + other.Asked("A slow.example."); asked > 0 {
		t.Errorf("after %v a host is looked for, %d times", lookupTime, asked)
	}
}

// TestWeights: RFC 2782 chooses in proportion to the weights, and hardly ever one without.
func TestWeights(t *testing.T) {
	servers := []net.SRV{
		{Target: "three", Priority: 1, Weight: 60},
		{Target: "one", Priority: 1, Weight: 20},
		{Target: "zero", Priority: 1, Weight: 0},
		{Target: "other", Priority: 1, Weight: 20},
		{Target: "last", Priority: 2, Weight: 100},
	}
	const rounds = 10000
	locator := New(Options{Seed: 1})
	first := map[string]int{}
	for round := range rounds {
		sorted := order(servers, locator.random(fmt.Sprint("user", round), "service"))
		if len(sorted) != len(servers) || sorted[4].Target != "last" {
			t.Fatalf("order %v", sorted)
		}
		first[sorted[0].Target]++
	}
	for target, share := range map[string]float64{"three": 0.6, "one": 0.2, "other": 0.2, "zero": 0.01} {
		if got := float64(first[target]) / rounds; got < share-0.02 || got > share+0.02 {
			t.Errorf("%s is first in %.3f of all cases, want %.2f", target, got, share)
		}
	}
}

// TestSameUserGetsTheSameServer: whoever is challenged by one server must not answer to another, however the DNS
// rotates its answers.
func TestSameUserGetsTheSameServer(t *testing.T) {
	locator := New(Options{})
	servers := []net.SRV{{Target: "a", Weight: 1}, {Target: "b", Weight: 1}, {Target: "c", Weight: 1}}
	rotated := []net.SRV{servers[2], servers[0], servers[1]}
	seen := map[string]bool{}
	for number := range 50 {
		user := fmt.Sprint("user", number)
		one, two := order(servers, locator.random(user, "s")), order(rotated, locator.random(user, "s"))
		if fmt.Sprint(one) != fmt.Sprint(two) {
			t.Errorf("%s: %v and %v", user, one, two)
		}
		seen[one[0].Target] = true
	}
	if len(seen) != 3 {
		t.Errorf("50 users use %d servers of 3", len(seen))
	}
}
