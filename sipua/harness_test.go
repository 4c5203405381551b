package sipua

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/sipua/admission"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/transport"
)

const patience = 10 * time.Second

// fakeTransports gives flows made beforehand.
type fakeTransports struct {
	mu    sync.Mutex
	flows map[netip.AddrPort]transport.Flow // guarded by mu
	// streams are for TCP to addresses that also have UDP.
	streams map[netip.AddrPort]transport.Flow // guarded by mu
}

func (f *fakeTransports) FlowTo(target transport.Target) (transport.Flow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if flow, ok := f.streams[target.Address]; ok && target.Transport == "TCP" {
		return flow, nil
	}
	if flow, ok := f.flows[target.Address]; ok {
		return flow, nil
	}
	return nil, fmt.Errorf("no flow to %s", target.Address)
}

// accounts knows one password for everybody but "nobody".
type accounts struct{}

func (accounts) HA1(user, realm string, algorithm digest.Algorithm) (string, bool) {
	return digest.HA1(algorithm, user, realm, "secret"), user != "nobody"
}

// Known tells that everybody else exists.
func (accounts) Known(user, _ string) bool { return user != "nobody" }

// setup is an agent with its surroundings.
type setup struct {
	t        *testing.T
	agent    *Agent
	flows    *fakeTransports
	incoming chan bridge.Incoming
	media    chan *fakeMedia
	// close ends the agent, and waits for it.
	close func()
}

// fastClock lets the timers of legs, not those of transactions, run a hundred times faster.
func fastClock(_ *Options, agent *Agent) {
	agent.after = func(delay time.Duration, work func()) *time.Timer { return time.AfterFunc(delay/100, work) }
}

// shortClock does that only to waits of a few seconds: repetitions, and what is done for a party that does not answer.
func shortClock(_ *Options, agent *Agent) {
	agent.after = func(delay time.Duration, work func()) *time.Timer {
		if delay <= 5*time.Second {
			delay /= 100
		}
		return time.AfterFunc(delay, work)
	}
}

// newSetup makes an agent for the domain local.example, with the upstream server 192.0.2.50 for up.example.
func newSetup(t *testing.T, tweaks ...func(*Options, *Agent)) *setup {
	t.Helper()
	before := goleak.IgnoreCurrent()
	s := &setup{
		t: t, flows: &fakeTransports{
			flows: make(map[netip.AddrPort]transport.Flow), streams: make(map[netip.AddrPort]transport.Flow),
		},
		incoming: make(chan bridge.Incoming, 1024), media: make(chan *fakeMedia, 1024),
	}
	upstream, err := ParseUpstream("up.example", "sip:192.0.2.50:5060")
	if err != nil {
		t.Fatal(err)
	}
	options := Options{
		Domains: Domains{
			Local: []string{"local.example"}, Upstreams: []Upstream{upstream},
			Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")},
		},
		Media: func(_ MediaParty, events bridge.MediaEvents, _ *slog.Logger) (MediaSession, error) {
			media := &fakeMedia{events: events}
			s.media <- media
			return media, nil
		},
		Accept:        func(leg bridge.Incoming) { s.incoming <- leg },
		Registrar:     registrar.New(registrar.Options{Users: accounts{}}),
		Authenticator: digest.New(digest.Options{Accounts: accounts{}}),
		Transports:    s.flows,
		Park:          time.Second, ReliableProvisionals: true, Protection: admission.Protection{StrangerCalls: 1e6},
		Log: slog.New(slog.DiscardHandler),
	}
	for _, tweak := range tweaks {
		tweak(&options, &Agent{}) // for the options
	}
	s.agent = NewAgent(options)
	for _, tweak := range tweaks {
		tweak(&Options{}, s.agent)
	}
	s.agent.upstreams.LookUp(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.agent.Run(ctx) }()
	s.close = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		s.close()
		goleak.VerifyNone(t, before)
	})
	return s
}

// peer makes a party; a UDP one can be reached by its address.
func (s *setup) peer(word, remote string) *peer {
	p := &peer{
		t: s.t, agent: s.agent, word: word, remote: netip.MustParseAddrPort(remote),
		sent: make(chan sip.Message, 1024), gone: make(chan struct{}),
	}
	s.flows.mu.Lock()
	defer s.flows.mu.Unlock()
	s.flows.flows[p.remote] = p
	return p
}

// stream makes a TCP connection to an address that can also be reached over UDP.
func (s *setup) stream(remote string) *peer {
	p := &peer{
		t: s.t, agent: s.agent, word: "TCP", remote: netip.MustParseAddrPort(remote),
		sent: make(chan sip.Message, 1024), gone: make(chan struct{}),
	}
	s.flows.mu.Lock()
	defer s.flows.mu.Unlock()
	s.flows.streams[p.remote] = p
	return p
}

// settled waits until no leg is left, and no transaction that waits for something.
func (s *setup) settled() {
	s.t.Helper()
	eventually(s.t, "legs and transactions are left", func() bool {
		servers, clients := s.open()
		return s.agent.Stats().Dialogs == 0 && servers == 0 && clients == 0
	})
}

// open counts transactions without a final response. Others live on only by the timers of RFC 3261 section 17.
func (s *setup) open() (servers, clients int) {
	answering, asking := s.agent.transactions.Open()
	return len(answering), len(asking)
}

// eventually waits for a condition.
func eventually(t *testing.T, complaint string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal(complaint)
		}
		time.Sleep(time.Millisecond)
	}
}

// silent fails if the leg has more to tell right now.
func silent(t *testing.T, leg bridge.Leg) {
	t.Helper()
	select {
	case got := <-leg.Events():
		t.Fatalf("unexpected event %#v", got)
	default:
	}
}

// event waits for the next event of a leg.
func event[E bridge.Event](t *testing.T, leg bridge.Leg) E {
	t.Helper()
	select {
	case got, open := <-leg.Events():
		want, ok := got.(E)
		if !open || !ok {
			t.Fatalf("got event %#v (open %v), want %T", got, open, want)
		}
		return want
	case <-time.After(patience):
		t.Fatalf("no event %T", *new(E))
		return *new(E)
	}
}

// within waits for what a channel brings.
func within[V any](t *testing.T, channel <-chan V, what string) V {
	t.Helper()
	select {
	case value := <-channel:
		return value
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		return *new(V)
	}
}

// handOver lets no timer of this length run out by itself: a test gets what each would do.
func handOver(length time.Duration, timers chan<- func()) func(*Options, *Agent) {
	return func(_ *Options, agent *Agent) {
		agent.after = func(delay time.Duration, work func()) *time.Timer {
			if delay == length {
				timers <- work
				delay = time.Hour
			}
			return time.AfterFunc(delay, work)
		}
	}
}

// parkTime is a time that no timer but that of a parked leg has.
const parkTime = 12345 * time.Second

// parkClock hands the timers of parked legs over instead of running them.
func parkClock(parked chan<- func()) after {
	return func(delay time.Duration, work func()) *time.Timer {
		if delay == parkTime {
			parked <- work
		}
		return time.AfterFunc(delay, work)
	}
}
