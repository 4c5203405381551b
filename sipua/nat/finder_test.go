package nat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sipbridge/sipua/nat"
)

// socket is one that a NAT shows as told; an error for an empty address.
type socket struct {
	local string

	mu      sync.Mutex
	outside string           // guarded by mu
	asked   []netip.AddrPort // guarded by mu
}

// moves shows it elsewhere from now on.
func (s *socket) moves(outside string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outside = outside
}

// first is whom it asked first.
func (s *socket) first() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.asked[:min(len(s.asked), 1)])
}

var errSilent = errors.New("silent")

func (s *socket) LocalAddr() netip.AddrPort { return netip.MustParseAddrPort(s.local) }

func (s *socket) Reflexive(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return netip.AddrPort{}, err //nolint:wrapcheck // a test
	}
	s.asked = append(s.asked, server)
	if s.outside == "" {
		return netip.AddrPort{}, errSilent
	}
	return netip.MustParseAddrPort(s.outside), nil
}

// names is a resolver that knows one host.
type names struct{}

func (names) Addresses(_ context.Context, host string) ([]netip.Addr, error) {
	if host != "stun.example" {
		return nil, nil
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.3"), netip.MustParseAddr("2001:db8::3")}, nil
}

// TestFinder: what is found is told to whom it concerns, changes are told once, and silence changes nothing.
func TestFinder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		four := &socket{local: "10.0.0.5:5060", outside: "203.0.113.7:6060"}
		six := &socket{local: "[2001:db8::5]:5060", outside: "[2001:db8::5]:5060"}
		inside := &socket{local: "127.0.0.1:5060", outside: "203.0.113.9:1"}
		addresses := nat.New(rule("198.51.100.0/24", ""))
		var log bytes.Buffer
		var changes atomic.Int32
		finder := nat.NewFinder(nat.FinderOptions{
			Addresses: addresses, Host: "stun.example", Port: 3478, Resolver: names{},
			Sockets: []nat.Socket{four, six, inside}, Changed: func() { changes.Add(1) },
			Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		told := func(peer string) string {
			return addresses.Signalling("UDP", four.LocalAddr(), netip.MustParseAddr(peer)).String()
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- finder.Run(ctx) }()
		<-finder.Looked()
		synctest.Wait()
		for peer, want := range map[string]string{
			"8.8.8.8": "203.0.113.7:6060", "10.9.9.9": "10.0.0.5:5060", "100.64.1.1": "10.0.0.5:5060",
			"198.51.100.7": "10.0.0.5:5060", "127.0.0.1": "10.0.0.5:5060",
		} {
			if got := told(peer); got != want {
				t.Errorf("%s is told %s, want %s", peer, got, want)
			}
		}
		over := addresses.Signalling("TCP", four.LocalAddr(), netip.MustParseAddr("8.8.8.8"))
		if over.String() != "203.0.113.7:5060" || !addresses.Has(over.Addr()) {
			t.Errorf("over TCP %v", over)
		}
		if got := addresses.For(netip.Addr{}, netip.MustParseAddr("2001:db8:9::1")); got.IsValid() {
			t.Errorf("without a NAT %v is told", got)
		}
		if changes.Load() != 1 || inside.first() != "[]" || six.first() != "[[2001:db8::3]:3478]" {
			t.Errorf("%d changes, asked %v and %v", changes.Load(), inside.first(), six.first())
		}

		four.moves("")
		time.Sleep(130 * time.Second)
		if told("8.8.8.8") != "203.0.113.7:6060" || changes.Load() != 1 {
			t.Error("what was found is lost when the server is silent")
		}
		four.moves("203.0.113.8:6060")
		time.Sleep(time.Minute)
		if told("8.8.8.8") != "203.0.113.8:6060" || changes.Load() != 2 {
			t.Errorf("after the change %s, %d changes", told("8.8.8.8"), changes.Load())
		}
		four.moves(four.local)
		time.Sleep(130 * time.Second)
		if told("8.8.8.8") != "10.0.0.5:5060" || changes.Load() != 3 || addresses.Has(netip.MustParseAddr("203.0.113.8")) {
			t.Errorf("without the NAT %s, %d changes", told("8.8.8.8"), changes.Load())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for said, times := range map[string]int{"found by STUN\"": 3, "not found by STUN": 1, "answers again": 1} {
			if got := strings.Count(log.String(), said); got != times {
				t.Errorf("%q was logged %d times:\n%s", said, got, log.String())
			}
		}
	})
}

// TestFinderFails: what keeps the address from being found is said, and nobody waits for it.
func TestFinderFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host, want string
		socket     *socket
	}{
		"no such name":     {"other.example", "the name has no address", &socket{local: "10.0.0.5:5060"}},
		"only on loopback": {"192.0.2.3", "no SIP socket over UDP", &socket{local: "127.0.0.1:5060"}},
		"silence":          {"192.0.2.3", "silent", &socket{local: "10.0.0.5:5060"}},
		"other family": {
			"192.0.2.3", "of the other family", &socket{local: "10.0.0.5:5060", outside: "[2001:db8::1]:1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			finder := nat.NewFinder(nat.FinderOptions{
				Addresses: nat.New(), Host: test.host, Port: 3478, Resolver: names{}, Sockets: []nat.Socket{test.socket},
				Changed: func() { t.Error("something changed") }, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- finder.Run(ctx) }()
			<-finder.Looked()
			cancel()
			if err := <-ended; err != nil || !strings.Contains(log.String(), test.want) {
				t.Errorf("%v, %s", err, log.String())
			}
		})
	}
}

// deaf is a socket that waits for an answer until it is told to stop.
type deaf struct{ *socket }

func (deaf) Reflexive(ctx context.Context, _ netip.AddrPort) (netip.AddrPort, error) {
	<-ctx.Done()
	return netip.AddrPort{}, ctx.Err() //nolint:wrapcheck // a test
}

// TestSeveralSockets: each is told as it is seen itself, one without an answer takes no time of the others, and what is
// told of sockets that do not ask stays when one of the others moves.
func TestSeveralSockets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := &socket{local: "10.0.0.5:5060", outside: "203.0.113.5:5060"}
		second := &socket{local: "10.0.0.6:5060", outside: "203.0.113.6:6060"}
		public := &socket{local: "198.51.100.1:5060", outside: "198.51.100.1:5060"}
		addresses := nat.New()
		var log bytes.Buffer
		finder := nat.NewFinder(nat.FinderOptions{
			Addresses: addresses, Host: "stun.example", Port: 3478, Resolver: names{}, Changed: func() {},
			Sockets: []nat.Socket{deaf{&socket{local: "10.0.0.4:5060"}}, public, first, second},
			Log:     slog.New(slog.NewTextHandler(&log, nil)),
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- finder.Run(ctx) }()
		<-finder.Looked()
		told := func(transport, local string) string {
			peer := netip.MustParseAddr("8.8.8.8")
			return addresses.Signalling(transport, netip.MustParseAddrPort(local), peer).String()
		}
		expect := func(wanted map[[2]string]string) {
			t.Helper()
			for of, want := range wanted {
				if got := told(of[0], of[1]); got != want {
					t.Errorf("over %v %s is told, want %s\n%s", of, got, want, log.String())
				}
			}
		}
		expect(map[[2]string]string{
			{"UDP", first.local}: "203.0.113.5:5060", {"UDP", second.local}: "203.0.113.6:6060",
			{"TCP", second.local}: "203.0.113.6:5060", {"UDP", "10.0.0.6:5070"}: "203.0.113.6:5070",
			{"UDP", public.local}: public.local, {"TCP", "198.51.100.1:5061"}: "198.51.100.1:5061",
			{"UDP", "10.0.0.4:5060"}: "203.0.113.5:5060",
		})
		if addresses.Has(netip.MustParseAddr("198.51.100.1")) {
			t.Error("the address of a socket without a NAT is told in its stead")
		}
		first.moves("203.0.113.7:5060")
		time.Sleep(time.Minute)
		expect(map[[2]string]string{
			{"UDP", first.local}: "203.0.113.7:5060", {"UDP", second.local}: "203.0.113.6:6060",
			{"UDP", "10.0.0.4:5060"}: "203.0.113.7:5060",
		})
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
