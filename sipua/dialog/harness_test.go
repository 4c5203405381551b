package dialog

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// flow is a way to the party that carries nothing.
type flow struct {
	transport.Flow
	word, local string
}

func (f flow) Transport() string         { return f.word }
func (f flow) LocalAddr() netip.AddrPort { return netip.MustParseAddrPort(f.local) }

// read parses a message of these lines.
func read[M sip.Message](t *testing.T, lines ...string) M {
	t.Helper()
	parsed, err := wire.Parse([]byte(strings.Join(lines, "\r\n")+"\r\n\r\n"), wire.StreamLimits())
	if err != nil {
		t.Fatal(err)
	}
	m, ok := parsed.(M)
	if !ok {
		t.Fatalf("read %T", parsed)
	}
	return m
}

// fromAlice is a request that she sends to us, the third in her dialog unless the lines say otherwise.
func fromAlice(t *testing.T, method, cseq string, lines ...string) *sip.Request {
	t.Helper()
	return read[*sip.Request](t, append([]string{
		method + " sip:bob@bridge.example SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1", "Max-Forwards: 70",
		"From: \"Alice\" <sip:alice@a.example>;tag=alicetag", "To: \"Bob\" <sip:bob@bridge.example>", "Call-ID: call",
		"CSeq: " + cseq + " " + method, "Content-Length: 0",
	}, lines...)...)
}

// answerTo is a response of the party to a request of ours.
func answerTo(t *testing.T, request *sip.Request, status, tag string, lines ...string) *sip.Response {
	t.Helper()
	return read[*sip.Response](t, append([]string{
		"SIP/2.0 " + status + " Test", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
		"From: " + request.From().Value(), "To: " + request.To().Value() + ";tag=" + tag,
		"Call-ID: " + request.CallID().Value(), "CSeq: " + request.CSeq().Value(), "Content-Length: 0",
	}, lines...)...)
}

func uriOf(t *testing.T, text string) sip.Uri {
	t.Helper()
	uri, err := wire.ParseURI(text, wire.StreamLimits())
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

// dialled is a dialog of ours to bob, as far as a first request can go.
func dialled(t *testing.T, requestURI string, routes ...string) *Dialog {
	t.Helper()
	var on []sip.Uri
	for _, route := range routes {
		on = append(on, uriOf(t, route))
	}
	local := sip.ToHeader{DisplayName: "Alice", Address: uriOf(t, "sip:alice@bridge.example")}
	return Calling(local, sip.ToHeader{Address: uriOf(t, "sip:bob@b.example")}, uriOf(t, requestURI), on)
}

// leads checks which way a request goes.
func leads(t *testing.T, request *sip.Request, requestURI string, routes ...string) {
	t.Helper()
	if got := request.Recipient.String(); got != requestURI {
		t.Errorf("%s goes to %s, want %s", request.Method, got, requestURI)
	}
	if got := message.Values(request, "Route"); !slices.Equal(got, routes) {
		t.Errorf("%s goes by %q, want %q", request.Method, got, routes)
	}
}

// tagsOf gives the tags of a request of ours.
func tagsOf(request *sip.Request) bridge.DialogID {
	id := bridge.DialogID{CallID: request.CallID().Value()}
	id.LocalTag, _ = request.From().Params.Get("tag")
	id.RemoteTag, _ = request.To().Params.Get("tag")
	return id
}
