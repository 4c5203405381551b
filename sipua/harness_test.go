package sipua

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
	"sipbridge/transcode"
)

const patience = 10 * time.Second

// peer is a party at the other end of a flow: it sees what the agent sends and speaks to it in raw SIP.
type peer struct {
	t      *testing.T
	agent  *Agent
	word   string
	remote netip.AddrPort
	sent   chan sip.Message
	gone   chan struct{}
	once   sync.Once
}

var _ transport.Flow = (*peer)(nil)

func (p *peer) Transport() string          { return p.word }
func (p *peer) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (p *peer) RemoteAddr() netip.AddrPort { return p.remote }

func (p *peer) Send(raw []byte) error {
	message, err := wire.Parse(raw, wire.WebSocketLimits())
	if err != nil {
		p.t.Errorf("the agent sent a malformed message: %v\n%s", err, raw)
		return err
	}
	p.sent <- message
	return nil
}

func (p *peer) Done() <-chan struct{} {
	if p.word == "UDP" {
		return nil
	}
	return p.gone
}

func (p *peer) Close() { p.once.Do(func() { close(p.gone) }) }

// say gives the agent a message; lines are joined by CRLF.
func (p *peer) say(body string, lines ...string) {
	p.t.Helper()
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	p.agent.Receive(p, []byte(strings.Join(lines, "\r\n")+"\r\n\r\n"+body))
}

// next waits for the next message of the agent.
func (p *peer) next() sip.Message {
	p.t.Helper()
	select {
	case message := <-p.sent:
		return message
	case <-time.After(patience):
		p.t.Fatal("the agent sent nothing")
		return nil
	}
}

// status waits for a response, passing over 100.
func (p *peer) status(want int) *sip.Response {
	p.t.Helper()
	for {
		response, ok := p.next().(*sip.Response)
		if !ok {
			p.t.Fatalf("got a request, want a %d", want)
		}
		if response.StatusCode == 100 {
			continue
		}
		if response.StatusCode != want {
			p.t.Fatalf("got %d %s, want %d", response.StatusCode, response.Reason, want)
		}
		return response
	}
}

// request waits for a request of a method.
func (p *peer) request(method sip.RequestMethod) *sip.Request {
	p.t.Helper()
	request, ok := p.next().(*sip.Request)
	if !ok || request.Method != method {
		p.t.Fatalf("got %v, want a %s", request, method)
	}
	return request
}

// respond answers a request of the agent.
func (p *peer) respond(request *sip.Request, status int, tag, body string, extra ...string) {
	p.t.Helper()
	to := request.To().Value()
	if tag != "" && !strings.Contains(to, "tag=") {
		to += ";tag=" + tag
	}
	lines := []string{
		fmt.Sprintf("SIP/2.0 %d Test", status),
		"Via: " + request.Via().Value(), "From: " + request.From().Value(), "To: " + to,
		"Call-ID: " + request.CallID().Value(), "CSeq: " + request.CSeq().Value(),
		"Contact: <sip:peer@" + p.remote.String() + ">",
	}
	p.say(body, append(lines, extra...)...)
}

// fakeMedia stands for a media session: its SDP is a word.
type fakeMedia struct {
	events bridge.MediaEvents

	mu       sync.Mutex
	log      []string // guarded by mu
	closed   bool     // guarded by mu
	takeDTMF bool     // guarded by mu
}

var _ MediaSession = (*fakeMedia)(nil)

func pcmu(direction bridge.Direction) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Audio, Direction: direction,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}}},
	}}}
}

func (f *fakeMedia) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

// describe reads the fake SDP: its second word is the direction; "bad" is refused.
func (f *fakeMedia) describe(sdp []byte) (bridge.Description, error) {
	switch string(sdp) {
	case "bad", "":
		return bridge.Description{}, bridge.Cause{Status: 488, Text: "Not Acceptable Here"}
	case "sdp sendonly":
		return pcmu(bridge.SendOnly), nil
	case "sdp recvonly":
		return pcmu(bridge.RecvOnly), nil
	case "sdp opus":
		description := pcmu(bridge.SendRecv)
		description.Media[0].Formats[0] = transcode.Format{
			Codec: transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2}, PayloadType: 111,
		}
		return description, nil
	default:
		return pcmu(bridge.SendRecv), nil
	}
}

func spell(description bridge.Description) []byte {
	return []byte("ours " + audioDirection(description).String())
}

func (f *fakeMedia) Offer(d bridge.Description) ([]byte, error) {
	f.note("offer")
	return spell(d), nil
}

func (f *fakeMedia) SetAnswer(sdp []byte) (bridge.Description, error) {
	f.note("setanswer")
	return f.describe(sdp)
}

func (f *fakeMedia) SetOffer(sdp []byte) (bridge.Description, error) {
	f.note("setoffer")
	return f.describe(sdp)
}

func (f *fakeMedia) Answer(d bridge.Description) ([]byte, error) {
	f.note("answer")
	return spell(d), nil
}
func (f *fakeMedia) Rollback() { f.note("rollback") }

func (f *fakeMedia) SendDTMF(key bridge.DTMF) bool {
	f.note("dtmf%c", key.Digit)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.takeDTMF
}
func (f *fakeMedia) AskKeyframe() { f.note("keyframe") }

func (f *fakeMedia) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}
func (f *fakeMedia) Receive(transcode.Kind, transcode.PacketWriter) {}

func (f *fakeMedia) Sender(transcode.Kind) transcode.PacketWriter { return &transcode.Switch{} }

func (f *fakeMedia) Stats() bridge.MediaStats { return bridge.MediaStats{} }

// fakeTransports gives flows made beforehand.
type fakeTransports struct {
	mu    sync.Mutex
	flows map[netip.AddrPort]transport.Flow // guarded by mu
}

func (f *fakeTransports) FlowTo(_ string, remote netip.AddrPort) (transport.Flow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if flow, ok := f.flows[remote]; ok {
		return flow, nil
	}
	return nil, fmt.Errorf("no flow to %s", remote)
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
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	s := &setup{
		t: t, flows: &fakeTransports{flows: make(map[netip.AddrPort]transport.Flow)},
		incoming: make(chan bridge.Incoming, 16), media: make(chan *fakeMedia, 16),
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
		Media: func(_ transport.Flow, events bridge.MediaEvents, _ *slog.Logger) (MediaSession, error) {
			media := &fakeMedia{events: events}
			s.media <- media
			return media, nil
		},
		Accept:        func(leg bridge.Incoming) { s.incoming <- leg },
		Registrar:     registrar.New(registrar.Options{Users: accounts{}}),
		Authenticator: digest.New(digest.Options{Accounts: accounts{}}),
		Transports:    s.flows,
		Park:          time.Second,
		Log:           slog.New(slog.DiscardHandler),
	}
	s.agent = NewAgent(options)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.agent.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t)
	})
	return s
}

// peer makes a party; a UDP one can be reached by its address.
func (s *setup) peer(word, remote string) *peer {
	p := &peer{
		t: s.t, agent: s.agent, word: word, remote: netip.MustParseAddrPort(remote),
		sent: make(chan sip.Message, 64), gone: make(chan struct{}),
	}
	s.flows.mu.Lock()
	defer s.flows.mu.Unlock()
	s.flows.flows[p.remote] = p
	return p
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
