package icefull_test

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"sipbridge/bridge/icefull"
	"sipbridge/bridge/icelite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// side is an agent in a network that is made up, with a socket for each component.
type side struct {
	*icefull.Agent

	host netip.Addr
	// sees is what others see of its sockets, where that is not host: it is behind a NAT.
	sees netip.Addr
	// media are where its media go, by component.
	media map[int]netip.AddrPort
	sent  int
}

func newSide(host string, controlling bool) *side {
	address := netip.MustParseAddr(host)
	return &side{Agent: icefull.New(controlling), host: address, sees: address, media: map[int]netip.AddrPort{}}
}

func (s *side) at(component int) netip.AddrPort {
	return netip.AddrPortFrom(s.host, uint16(4000+component))
}

// peer is what a side describes, with other candidates before its own.
func (s *side) peer(components int, others ...string) icefull.Peer {
	peer := icefull.Peer{Ufrag: s.Ufrag(), Pwd: s.Pwd(), Components: components}
	for _, other := range others {
		address := netip.MustParseAddrPort(other)
		peer.Candidates = append(peer.Candidates, icefull.Candidate{Address: address, Component: 1, Priority: 1<<31 - 1})
	}
	for component := 1; component <= components; component++ {
		peer.Candidates = append(peer.Candidates, icefull.Candidate{
			Address: s.at(component), Component: component, Priority: icefull.HostPriority(component),
		})
	}
	return peer
}

// network brings datagrams, at once.
type network struct {
	t     *testing.T
	sides []*side
	now   time.Time
	// lose tells which are lost; nil for none.
	lose func(from *side, to netip.AddrPort) bool
}

func (n *network) bring(from *side, datagram icefull.Datagram) {
	from.sent++
	source := netip.AddrPortFrom(from.sees, uint16(4000+datagram.Component))
	if n.lose != nil && n.lose(from, datagram.To) {
		return
	}
	for _, to := range n.sides {
		component := int(datagram.To.Port()) - 4000
		if to.sees != datagram.To.Addr() || component < 1 || component > 2 {
			continue
		}
		check, err := to.Take(bytes.Clone(datagram.Octets), source, component, n.now)
		if err != nil {
			n.t.Logf("not taken: %v", err)
			continue
		}
		if check.Nominated {
			to.media[component] = source
		}
		if check.Answer != nil {
			n.bring(to, icefull.Datagram{Component: component, To: source, Octets: check.Answer})
		}
	}
}

// run lets time pass.
func (n *network) run(length time.Duration) {
	n.t.Helper()
	for end := n.now.Add(length); !n.now.After(end); {
		next := time.Hour
		for _, s := range n.sides {
			list, wait := s.Due(n.now)
			for _, datagram := range list {
				n.bring(s, datagram)
			}
			next = min(next, wait)
		}
		if next == 0 {
			next = time.Millisecond // what came has made it ask again
		}
		n.now = n.now.Add(min(next, 10*time.Millisecond))
	}
}

func found(a, b *side, components int) bool {
	for component := 1; component <= components; component++ {
		if a.media[component] != netip.AddrPortFrom(b.sees, b.at(component).Port()) ||
			b.media[component] != netip.AddrPortFrom(a.sees, a.at(component).Port()) {
			return false
		}
	}
	return len(a.media) == components && len(b.media) == components
}

// TestAgentsFindEachOther holds that the media of both come to go to the other, over losses, conflicts of roles,
// addresses that lead nowhere, and NATs.
func TestAgentsFindEachOther(t *testing.T) {
	t.Parallel()
	dropped := 0
	for name, test := range map[string]struct {
		roles      [2]bool
		components int
		dead       []string
		natted     bool
		lose       func(*side, netip.AddrPort) bool
	}{
		"one controls":   {[2]bool{true, false}, 2, nil, false, nil},
		"RTCP with RTP":  {[2]bool{false, true}, 1, nil, false, nil},
		"both control":   {[2]bool{true, true}, 2, nil, false, nil},
		"none controls":  {[2]bool{false, false}, 2, nil, false, nil},
		"dead addresses": {[2]bool{true, false}, 2, []string{"203.0.113.1:1", "203.0.113.1:2", "203.0.113.1:3"}, false, nil},
		"behind a NAT":   {[2]bool{true, false}, 1, nil, true, nil},
		"losses": {[2]bool{true, false}, 2, nil, false, func(*side, netip.AddrPort) bool {
			dropped++
			return dropped%3 == 0
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newSide("192.0.2.1", test.roles[0]), newSide("192.0.2.2", test.roles[1])
			if test.natted {
				b.sees = netip.MustParseAddr("198.51.100.2")
			}
			n := &network{t: t, sides: []*side{a, b}, now: time.Unix(1_700_000_000, 0), lose: test.lose}
			b.Begin(a.peer(test.components))
			n.run(100 * time.Millisecond) // checks come before the answer does
			a.Begin(b.peer(test.components, test.dead...))
			n.run(10 * time.Second)
			if !found(a, b, test.components) {
				t.Errorf("%v and %v", a.media, b.media)
			}
		})
	}
}

// TestLitePeer: who only answers is nominated to.
func TestLitePeer(t *testing.T) {
	t.Parallel()
	a, lite, now := newSide("192.0.2.1", true), icelite.New(), time.Unix(1_700_000_000, 0)
	at := netip.MustParseAddrPort("192.0.2.9:4001")
	lite.Expect(a.Ufrag())
	a.Begin(icefull.Peer{Ufrag: lite.Ufrag(), Pwd: lite.Pwd(), Components: 1, Candidates: []icefull.Candidate{
		{Address: at, Component: 1, Priority: icefull.HostPriority(1)},
	}})
	nominated, used := false, false
	for range 100 {
		list, wait := a.Due(now)
		for _, datagram := range list {
			answer, err := lite.Answer(datagram.Octets, a.at(1))
			if err != nil {
				continue // a sign of life
			}
			nominated = nominated || answer.Nominated
			check, err := a.Take(answer.Answer, datagram.To, 1, now)
			if err != nil {
				t.Fatal(err)
			}
			used = used || check.Nominated
		}
		now = now.Add(min(max(wait, time.Millisecond), time.Second))
	}
	if !nominated || !used {
		t.Errorf("nominated %v, used %v", nominated, used)
	}
}

// TestDeadPeerIsLeftInPeace: checks that nobody answers end.
func TestDeadPeerIsLeftInPeace(t *testing.T) {
	t.Parallel()
	a, b := newSide("192.0.2.1", true), newSide("192.0.2.2", false)
	n := &network{t: t, sides: []*side{a}, now: time.Unix(1_700_000_000, 0)}
	a.Begin(b.peer(2))
	n.run(time.Minute)
	if a.sent != 14 {
		t.Errorf("%d checks", a.sent)
	}
	if _, wait := a.Due(n.now); wait != time.Hour {
		t.Errorf("it still waits for something in %v", wait)
	}
}

// TestRestart: a peer with other credentials is looked for anew, and what it was before is forgotten.
func TestRestart(t *testing.T) {
	t.Parallel()
	a, b, again := newSide("192.0.2.1", true), newSide("192.0.2.2", false), newSide("192.0.2.3", false)
	n := &network{t: t, sides: []*side{a, b, again}, now: time.Unix(1_700_000_000, 0)}
	a.Begin(b.peer(1))
	b.Begin(a.peer(1))
	n.run(time.Second)
	a.Begin(again.peer(1))
	again.Begin(a.peer(1))
	n.run(time.Second)
	if !found(a, again, 1) {
		t.Errorf("%v and %v", a.media, again.media)
	}
}

// TestAnswerFromElsewhere: a path whose answers come another way is not used.
func TestAnswerFromElsewhere(t *testing.T) {
	t.Parallel()
	now, a := time.Unix(1_700_000_000, 0), newSide("192.0.2.1", true)
	a.Begin(onePeer())
	list, _ := a.Due(now)
	answer := respond(t, read(t, list[0].Octets), "the peer's password")
	for _, from := range []string{"192.0.2.66:4001", "192.0.2.2:4001"} { // the second one is too late
		if check, err := a.Take(answer, netip.MustParseAddrPort(from), 1, now); err != nil || check.Known {
			t.Errorf("from %s: %+v, %v", from, check, err)
		}
	}
}

// onePeer has one candidate.
func onePeer() icefull.Peer {
	return icefull.Peer{Ufrag: "peer", Pwd: "the peer's password", Components: 1, Candidates: []icefull.Candidate{
		{Address: netip.MustParseAddrPort("192.0.2.2:4001"), Component: 1, Priority: 1},
	}}
}

func read(t *testing.T, datagram []byte) *stun.Message {
	t.Helper()
	message := &stun.Message{Raw: datagram}
	if err := message.Decode(); err != nil {
		t.Fatal(err)
	}
	return message
}

// TestStrangersChangeNothing: what does not know the passwords is not answered, nor believed.
func TestStrangersChangeNothing(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for name, forge := range map[string]func(a *side, sent *stun.Message) ([]byte, netip.AddrPort){
		"a wrong password": func(_ *side, sent *stun.Message) ([]byte, netip.AddrPort) {
			return respond(t, sent, "another password"), netip.MustParseAddrPort("192.0.2.2:4001")
		},
		"another transaction": func(*side, *stun.Message) ([]byte, netip.AddrPort) {
			other := must(t)(stun.Build(stun.TransactionID))
			return respond(t, other, "the peer's password"), netip.MustParseAddrPort("192.0.2.2:4001")
		},
		"a check by a stranger": func(a *side, _ *stun.Message) ([]byte, netip.AddrPort) {
			return must(t)(stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(a.Ufrag()+":peer"),
				stun.NewShortTermIntegrity("a guess"), stun.Fingerprint)).Raw, netip.MustParseAddrPort("192.0.2.66:1")
		},
		"no STUN": func(*side, *stun.Message) ([]byte, netip.AddrPort) {
			return []byte{0, 1}, netip.MustParseAddrPort("192.0.2.2:4001")
		},
	} {
		a := newSide("192.0.2.1", true)
		a.Begin(onePeer())
		list, _ := a.Due(now)
		datagram, from := forge(a, read(t, list[0].Octets))
		check, err := a.Take(datagram, from, 1, now)
		if !errors.Is(err, icelite.ErrCheck) || check.Known || check.Answer != nil {
			t.Errorf("%s: %+v, %v", name, check, err)
		}
	}
}

func respond(t *testing.T, to *stun.Message, password string) []byte {
	t.Helper()
	return must(t)(stun.Build(stun.NewTransactionIDSetter(to.TransactionID), stun.BindingSuccess,
		stun.NewShortTermIntegrity(password), stun.Fingerprint)).Raw
}

func must(t *testing.T) func(*stun.Message, error) *stun.Message {
	t.Helper()
	return func(message *stun.Message, err error) *stun.Message {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
}

// TestPairsAreBounded: neither a description nor checks can have us remember more than a few addresses.
func TestPairsAreBounded(t *testing.T) {
	t.Parallel()
	a, now := newSide("192.0.2.1", true), time.Unix(1_700_000_000, 0)
	peer := icefull.Peer{Ufrag: "peer", Pwd: "the peer's password", Components: 2}
	for port := range uint16(500) {
		peer.Candidates = append(peer.Candidates, icefull.Candidate{
			Address: netip.AddrPortFrom(a.host, port+1), Component: 1, Priority: uint32(port),
		})
	}
	a.Begin(peer)
	sent := map[netip.AddrPort]bool{}
	for range 5000 {
		list, _ := a.Due(now)
		for _, datagram := range list {
			sent[datagram.To] = true
		}
		now = now.Add(10 * time.Millisecond)
	}
	if len(sent) > 40 {
		t.Errorf("%d addresses were checked", len(sent))
	}
}

// TestCandidates holds which lines are read.
func TestCandidates(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"1 1 UDP 2130706431 192.0.2.1 4000 typ host":                            true,
		"x 2 udp 1 2001:db8::1 4001 typ srflx raddr 10.0.0.1 rport 9 ext value": true,
		"1 1 TCP 1 192.0.2.1 9 typ host tcptype active":                         false,
		"1 3 UDP 1 192.0.2.1 4000 typ host":                                     false,
		"1 1 UDP 1 name.local 4000 typ host":                                    false,
		"1 1 UDP 1 fe80::1%eth0 4000 typ host":                                  false,
		"1 1 UDP 1 192.0.2.1 0 typ host":                                        false,
		"1 1 UDP 1 192.0.2.1 70000 typ host":                                    false,
		"1 1 UDP 99999999999 192.0.2.1 4000 typ host":                           false,
		"1 1 UDP 1 192.0.2.1 4000":                                              false,
	} {
		if _, ok := icefull.ParseCandidate(line); ok != want {
			t.Errorf("%s: taken %v", line, ok)
		}
	}
}

// FuzzTake gives an agent in the midst of its checks what anybody may send.
func FuzzTake(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true)
	f.Add([]byte("1 1 UDP 2130706431 192.0.2.1 4000 typ host"), false)
	f.Fuzz(func(t *testing.T, datagram []byte, controlling bool) {
		now, from := time.Unix(1_700_000_000, 0), netip.MustParseAddrPort("192.0.2.2:4001")
		a := newSide("192.0.2.1", controlling)
		a.Begin(onePeer())
		a.Due(now)
		if check, err := a.Take(bytes.Clone(datagram), from, 1, now); check.Known {
			t.Errorf("believed: %x, %v", datagram, err)
		}
		icefull.ParseCandidate(string(datagram))
	})
}
