package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// TestICEServers: browsers alone are told of relays, of local domains and others, once they are registered.
func TestICEServers(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.ICEServers = func(_ transport.Flow, user string) string { return "for " + strings.ToLower(user) }
	})
	answer := func(word, remote string) *sip.Response {
		p := s.peer(word, remote)
		request := localOf(p, "carol", "REGISTER", "sip:local.example", 1, "Contact: <sip:carol@"+remote+">")
		request[4] = "To: <sip:carol@local.example>"
		p.say("", request...)
		refused := p.status(401)
		if refused.GetHeader("X-ICE-Servers") != nil {
			t.Error("told before he has proved himself")
		}
		challenge := refused.GetHeader("WWW-Authenticate").Value()
		request[1] += "again"
		request[6] = "CSeq: 2 REGISTER"
		p.say("", append(request, "Authorization: "+authorization(challenge, "carol", "REGISTER", "sip:local.example"))...)
		return p.status(200)
	}
	got := answer("WS", "192.0.2.9:1").GetHeader("X-ICE-Servers")
	if got == nil || got.Value() != "for carol@local.example" {
		t.Errorf("a browser got %v", got)
	}
	if got := answer("UDP", "192.0.2.9:5070").GetHeader("X-ICE-Servers"); got != nil {
		t.Errorf("a phone got %v", got)
	}
	p, server := s.peer("WS", "192.0.2.9:3"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
	request := server.request(sip.REGISTER)
	server.respond(request, 200, "srv", "", "Contact: "+bare(message.Contact(request))+";expires=600")
	if got := p.status(200).GetHeader("X-ICE-Servers"); got == nil || got.Value() != "for alice@up.example" {
		t.Errorf("a browser of another server got %v", got)
	}
	// The server above proves whose binding it is, not who says to have sent it.
	other := browserOf("REGISTER", "sip:up.example", 2, "Contact: "+browserContact)
	for i, line := range other {
		if strings.HasPrefix(line, "From:") {
			other[i] = strings.Replace(line, "alice@", "victim@", 1)
		}
	}
	p.say("", other...)
	request = server.request(sip.REGISTER)
	server.respond(request, 200, "srv", "", "Contact: "+bare(message.Contact(request))+";expires=600")
	if got := p.status(200).GetHeader("X-ICE-Servers"); got == nil || got.Value() != "for alice@up.example" {
		t.Errorf("in another's name a browser got %v", got)
	}
}
