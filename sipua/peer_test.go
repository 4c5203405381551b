package sipua

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// peer is a party at the other end of a flow: it sees what the agent sends and speaks to it in raw SIP.
type peer struct {
	t      *testing.T
	agent  *Agent
	word   string
	remote netip.AddrPort
	sent   chan sip.Message
	seen   []*sip.Request // requests that were taken off sent
	gone   chan struct{}
	once   sync.Once
	// fails lets nothing through any more.
	fails atomic.Bool
}

var _ transport.Flow = (*peer)(nil)

func (p *peer) Transport() string          { return p.word }
func (p *peer) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (p *peer) RemoteAddr() netip.AddrPort { return p.remote }

func (p *peer) Send(raw []byte) error {
	if p.fails.Load() {
		return errGone
	}
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

var errGone = errors.New("gone")

// say gives the agent a message; lines are joined by CRLF.
func (p *peer) say(body string, lines ...string) {
	p.t.Helper()
	p.sayOn(p, body, lines...)
}

// sayOn is say on a flow that the peer is part of.
func (p *peer) sayOn(flow transport.Flow, body string, lines ...string) {
	p.t.Helper()
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	p.agent.Receive(flow, []byte(strings.Join(lines, "\r\n")+"\r\n\r\n"+body))
}

// sayAs gives the agent a message with a body that is no SDP; its lines have the type.
func (p *peer) sayAs(lines []string, body string) {
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
	p.seen = append(p.seen, request)
	return request
}

// last gives the newest request of a method that was waited for.
func (p *peer) last(method sip.RequestMethod) *sip.Request {
	p.t.Helper()
	for _, request := range slices.Backward(p.seen) {
		if request.Method == method {
			return request
		}
	}
	p.t.Fatalf("no %s was seen", method)
	return nil
}

// quiet fails if the agent has sent something that was not waited for.
func (p *peer) quiet() {
	p.t.Helper()
	select {
	case message := <-p.sent:
		p.t.Fatalf("unexpected message: %v", message)
	default:
	}
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

// respondOnly answers a request of the agent with these headers and no Contact of its own.
func (p *peer) respondOnly(request *sip.Request, status int, extra ...string) {
	p.t.Helper()
	lines := []string{
		fmt.Sprintf("SIP/2.0 %d Test", status),
		"Via: " + request.Via().Value(), "From: " + request.From().Value(), "To: " + request.To().Value() + ";tag=far",
		"Call-ID: " + request.CallID().Value(), "CSeq: " + request.CSeq().Value(),
	}
	p.say("", append(lines, extra...)...)
}

// script has what stays the same in all requests that a peer makes of one call.
type script struct {
	p          *peer
	callID     string
	from, to   string
	branch     int
	requestURI string
}

func newScript(p *peer) *script {
	return &script{
		p: p, callID: "call-1@test", requestURI: "sip:bob@out.example",
		from: `"Alice" <sip:alice@out.example>;tag=alicetag`, to: "<sip:bob@out.example>",
	}
}

func (s *script) lines(method string, sequence string, extra ...string) []string {
	s.branch++
	if method == "ACK" || method == "CANCEL" {
		s.branch--
	}
	lines := []string{
		method + " " + s.requestURI + " SIP/2.0",
		"Via: SIP/2.0/" + s.p.word + " " + s.p.remote.String() + ";rport;branch=z9hG4bKt" + strings.Repeat("x", s.branch),
		"Max-Forwards: 70", "From: " + s.from, "To: " + s.to, "Call-ID: " + s.callID,
		"CSeq: " + sequence + " " + method, "Contact: <sip:alice@" + s.p.remote.String() + ">",
	}
	return append(lines, extra...)
}

// scriptOf continues, as the called party, the dialog of a request of ours.
func scriptOf(p *peer, ours *sip.Request) *script {
	return &script{
		p: p, callID: ours.CallID().Value(), from: ours.To().Value(), to: ours.From().Value(),
		requestURI: "sip:us@" + p.LocalAddr().String(),
	}
}

// authorization answers a digest challenge; everybody's password is "secret".
func authorization(challenge, user, method, uri string) string {
	given := make(map[string]string)
	for part := range strings.SplitSeq(strings.TrimPrefix(challenge, "Digest "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		given[name] = strings.Trim(value, `"`)
	}
	hash := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	response := hash(hash(user, given["realm"], "secret"), given["nonce"], "00000001", "cnonce", "auth", hash(method, uri))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5, `+
		`qop=auth, nc=00000001, cnonce="cnonce"`, user, given["realm"], given["nonce"], uri, response)
}
