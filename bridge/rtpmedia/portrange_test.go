package rtpmedia

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sipbridge/bridge"
)

// loopback is an address where nobody else opens ports.
func loopback() netip.Addr { return netip.MustParseAddr("127.77.0.1") }

func TestPortRangeOptions(t *testing.T) {
	t.Parallel()
	for _, ports := range [][2]uint16{{1023, 2000}, {4000, 4000}, {4001, 4002}, {5000, 4000}, {65535, 65535}, {0, 0}} {
		if _, err := NewPortRange(ports[0], ports[1], 0, nil); !errors.Is(err, ErrOptions) {
			t.Errorf("%v: got %v", ports, err)
		}
	}
	for ports, pairs := range map[[2]uint16]int{{4000, 4001}: 1, {4001, 4003}: 1, {4000, 4009}: 5, {65534, 65535}: 1} {
		made, err := NewPortRange(ports[0], ports[1], 0, nil)
		if err != nil || made.Pairs() != pairs {
			t.Errorf("%v: got %v, %v", ports, made, err)
		}
	}
}

func TestPortsRunOut(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18000, 18005)
	var open []*Session
	for range ports.Pairs() {
		open = append(open, must[*Session](t)(New(Options{Ports: ports, Bind: loopback()})))
	}
	if ports.InUse() != 3 {
		t.Errorf("%d pairs are in use", ports.InUse())
	}
	_, err := New(Options{Ports: ports, Bind: loopback()})
	var cause bridge.Cause
	if !errors.As(err, &cause) || cause.Status != 503 || !errors.Is(err, ErrPorts) {
		t.Errorf("got %v", err)
	}
	if len(cause.Headers) != 1 || cause.Headers[0].Name != "Retry-After" {
		t.Errorf("the caller is told %v, not when to try again", cause.Headers)
	}
	for _, session := range open {
		if port := session.audio().sockets().port; port%2 != 0 || port < 18000 || port > 18004 {
			t.Errorf("got port %d", port)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
	if ports.InUse() != 0 {
		t.Errorf("%d pairs are in use", ports.InUse())
	}
}

// drop is a receiver that needs no packets.
func drop([]byte, netip.AddrPort, time.Time) {}

func openPair(ports *PortRange) (sockets, error) { return ports.open(loopback(), drop, drop) }

func TestPortsRest(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18100, 18101)
	now := time.Now()
	ports.now = func() time.Time { return now }
	pair := must[sockets](t)(openPair(ports))
	if err := pair.close(); err != nil {
		t.Fatal(err)
	}
	ports.giveBack(pair.port, true)
	if _, err := openPair(ports); !errors.Is(err, ErrPorts) {
		t.Errorf("a pair was used again at once: %v", err)
	}
	now = now.Add(DefaultRest)
	again := must[sockets](t)(openPair(ports))
	if err := again.close(); err != nil {
		t.Fatal(err)
	}
}

// TestPortsOfOthers holds that a port that somebody else has is passed over.
func TestPortsOfOthers(t *testing.T) {
	t.Parallel()
	other := must[sockets](t)(newRange(t, 18202, 18203).open(loopback(), drop, drop))
	defer func() { _ = other.close() }()
	if err := other.rtp.Close(); err != nil { // only the RTCP port stays taken
		t.Fatal(err)
	}
	ports := newRange(t, 18200, 18203)
	pair := must[sockets](t)(openPair(ports))
	defer func() { _ = pair.close() }()
	if pair.port != 18200 {
		t.Errorf("got port %d", pair.port)
	}
	if _, err := openPair(ports); !errors.Is(err, ErrPorts) {
		t.Errorf("got %v", err)
	}
	if ports.InUse() != 1 {
		t.Errorf("%d pairs are in use", ports.InUse())
	}
}

// TestPortsThatNobodyKnowsNeedNoRest holds that calls which are refused before we name our ports do not use them up.
func TestPortsThatNobodyKnowsNeedNoRest(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18400, 18401)
	for range 3 {
		session := must[*Session](t)(New(Options{Ports: ports, Bind: loopback()}))
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
	}
	session := must[*Session](t)(New(Options{Ports: ports, Bind: loopback()}))
	if _, err := session.Offer(audio(bridge.SendRecv, pcmu())); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Ports: ports, Bind: loopback()}); !errors.Is(err, ErrPorts) {
		t.Errorf("ports that were offered are used again at once: %v", err)
	}
}

func TestPortsOfAForeignAddress(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18300, 18399)
	_, err := New(Options{Ports: ports, Bind: netip.MustParseAddr("192.0.2.77")})
	var cause bridge.Cause
	if !errors.As(err, &cause) || cause.Status != 503 || errors.Is(err, ErrPorts) {
		t.Errorf("got %v", err)
	}
	if ports.InUse() != 0 || len(ports.resting) != 0 {
		t.Errorf("%d pairs are in use, %d rest", ports.InUse(), len(ports.resting))
	}
}

func TestPortsAreShared(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 19000, 19199)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		seen  = map[uint16]bool{}
	)
	for range ports.Pairs() {
		group.Go(func() {
			port, ok := ports.take()
			mu.Lock()
			defer mu.Unlock()
			if !ok || seen[port] {
				t.Errorf("got port %d, %t", port, ok)
			}
			seen[port] = true
		})
	}
	group.Wait()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 18400, 18499)
	for name, options := range map[string]Options{
		"no ports":               {},
		"nothing to advertise":   {Ports: ports, Bind: netip.IPv4Unspecified()},
		"advertise with a zone":  {Ports: ports, Advertise: netip.MustParseAddr("fe80::1%lo")},
		"advertise the wildcard": {Ports: ports, Advertise: netip.IPv6Unspecified()},
	} {
		if _, err := New(options); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if ports.InUse() != 0 {
		t.Error("a port leaked")
	}
}
