package registrar

import (
	"errors"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeFlow is a connection, or the source of datagrams if done is nil.
type fakeFlow struct {
	transport string
	done      chan struct{}
}

func connection(transport string) *fakeFlow {
	return &fakeFlow{transport: transport, done: make(chan struct{})}
}

func (f *fakeFlow) Transport() string        { return f.transport }
func (*fakeFlow) LocalAddr() netip.AddrPort  { return netip.AddrPort{} }
func (*fakeFlow) RemoteAddr() netip.AddrPort { return netip.AddrPort{} }
func (*fakeFlow) Send([]byte) error          { return nil }
func (f *fakeFlow) Done() <-chan struct{}    { return f.done }
func (f *fakeFlow) Close()                   { close(f.done) }

// users are alice and bob of example.test and example.org.
type users struct{}

func (users) Known(user, domain string) bool {
	return (user == "alice" || user == "bob") && (domain == "example.test" || domain == "example.org")
}

// bench is a Registrar with a clock, whose changes are written down.
type bench struct {
	*Registrar
	t *testing.T

	mu    sync.Mutex
	now   time.Time
	story []string
}

func newBench(t *testing.T, options Options) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)}
	options.Users, options.Observer, options.Now = users{}, b, b.clock
	b.Registrar = New(options)
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(duration time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(duration)
}

func (b *bench) Registered(binding Binding) { b.tellStory("+" + binding.AOR.String()) }

func (b *bench) Unregistered(binding Binding, reason Reason) {
	b.tellStory("-" + binding.AOR.String() + " " + string(reason))
}

func (b *bench) tellStory(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.story = append(b.story, line)
}

// register sends a REGISTER and gives the Contacts of its 200, or the refusal.
func (b *bench) register(request *sip.Request, flow *fakeFlow) (contacts []string, refusal *bridge.Cause) {
	b.t.Helper()
	headers, err := b.Register(Sender{}, request, flow)
	if err != nil {
		var cause bridge.Cause
		if !errors.As(err, &cause) {
			b.t.Fatalf("error %v isn't a Cause", err)
		}
		return nil, &cause
	}
	for _, header := range headers {
		if header.Name == "Contact" {
			contacts = append(contacts, header.Value)
		}
	}
	return contacts, nil
}

// mustRegister is register for requests that are to be obeyed.
func (b *bench) mustRegister(request *sip.Request, flow *fakeFlow) []string {
	b.t.Helper()
	contacts, refusal := b.register(request, flow)
	if refusal != nil {
		b.t.Fatalf("refused: %v", refusal)
	}
	return contacts
}

// refused is register for requests that aren't; it gives the status.
func (b *bench) refused(request *sip.Request, flow *fakeFlow) int {
	b.t.Helper()
	before := b.Lookup("alice", "example.test")
	contacts, refusal := b.register(request, flow)
	if refusal == nil {
		b.t.Fatalf("obeyed, with %v", contacts)
	}
	if after := b.Lookup("alice", "example.test"); len(after) != len(before) {
		b.t.Errorf("a refused request changed %d bindings into %d", len(before), len(after))
	}
	return refusal.Status
}

// register makes a REGISTER of alice with these further header lines.
func register(t *testing.T, callID string, cseq int, lines ...string) *sip.Request {
	t.Helper()
	return parse(t, strings.Join(append([]string{
		"REGISTER sip:example.test SIP/2.0",
		"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1",
		"From: <sip:alice@example.test>;tag=1",
		"To: <sip:alice@example.test>",
		"Call-ID: " + callID,
		"CSeq: " + strconv.Itoa(cseq) + " REGISTER",
		"Content-Length: 0",
	}, lines...), "\r\n")+"\r\n\r\n")
}

func parse(t *testing.T, raw string) *sip.Request {
	t.Helper()
	message, err := wire.Parse([]byte(raw), wire.StreamLimits())
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	request, ok := message.(*sip.Request)
	if !ok {
		t.Fatalf("message %T", message)
	}
	return request
}

// captured is a REGISTER of a real client.
func captured(t *testing.T, name string) *sip.Request {
	t.Helper()
	raw, err := os.ReadFile("testdata/captured/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(raw))
}
