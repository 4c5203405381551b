package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
)

const (
	mixed = "Content-Type: multipart/mixed;boundary=b"
	place = "<presence/>"
)

// several is a body of an offer and of what else a caller says.
func several(more string) string {
	return strings.ReplaceAll("--b\nContent-Type: application/sdp\n\nsdp\n"+more+"--b--\n", "\n", "\r\n")
}

// located is several with a location.
func located() string {
	return several("--b\nContent-Type: application/pidf+xml\nContent-ID: <here@alice.test>\n" +
		"Content-Disposition: by-reference;handling=optional\n\n" + place + "\n")
}

// callLocated lets a user call with a location.
func (s *setup) callLocated(caller *peer, extra ...string) bridge.Incoming {
	s.t.Helper()
	caller.sayRaw(located(), localOf(caller, "alice", "INVITE", "sip:bob@local.example", 5,
		append([]string{mixed, "Geolocation: <cid:here@alice.test>"}, extra...)...)...)
	return within(s.t, s.incoming, "call")
}

// TestLocationCrosses from a user to a device that reads it, and no further than that.
func TestLocationCrosses(t *testing.T) {
	s := newSetup(t)
	asked := s.callLocated(s.registered("alice", "WS", "192.0.2.9:1")).Request()
	if len(asked.Documents) != 1 || asked.Documents[0].ID != "here@alice.test" ||
		string(asked.Documents[0].Text) != place ||
		namesOf(asked.Headers) != "Geolocation " || asked.Offer == nil {
		t.Fatalf("asked for %+v", asked)
	}
	for name, test := range map[string]struct {
		word, remote string
		private      bool
		crosses      bool
	}{
		"phone":           {"TCP", "192.0.2.30:1", false, true},
		"page":            {"WS", "192.0.2.30:2", false, false},
		"page that reads": {"WS", "192.0.2.30:3", false, true},
		"hidden":          {"TCP", "192.0.2.30:4", true, false},
	} {
		user := "bob" + test.remote[len(test.remote)-1:]
		extra := ""
		if name == "page that reads" {
			extra = `;extensions="gruu,geolocation-sip"`
		}
		device := s.registeredWith(user, test.word, test.remote, extra)
		targets, _ := s.agent.Lookup(user, "local.example")
		request := asked
		request.Offer, request.Private = new(pcmu()), test.private
		leg := targets[0].Endpoint.Dial(request)
		invite := device.request(sip.INVITE)
		read, err := content.Read(invite)
		if err != nil || string(read.SDP) != "ours sendrecv" {
			t.Fatalf("%s: %v of\n%s", name, err, invite)
		}
		told, refers := len(read.Documents) == 1, invite.GetHeader("Geolocation") != nil
		if told != test.crosses || refers != test.crosses {
			t.Errorf("%s: got\n%s", name, invite)
		}
		device.respond(invite, 486, "b", "")
		device.request(sip.ACK)
		event[bridge.Ended](t, leg)
	}
}

// TestLocationOfStrangers does not cross.
func TestLocationOfStrangers(t *testing.T) {
	s := newSetup(t)
	stranger := s.peer("TCP", "192.0.2.9:1")
	stranger.sayRaw(located(), newScript(stranger).lines("INVITE", "1", mixed, "Geolocation: <cid:here@alice.test>")...)
	asked := within(t, s.incoming, "call").Request()
	if len(asked.Documents)+len(asked.Headers) > 0 || asked.Offer == nil {
		t.Errorf("a stranger asks for %+v", asked)
	}
}

// TestLocationStripped crosses neither from a party nor to one, if the policy says so of its header.
func TestLocationStripped(t *testing.T) {
	policy, err := headers.New(nil, []string{"Geolocation"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(t, func(o *Options, _ *Agent) { o.Headers = policy })
	asked := s.callLocated(s.registered("alice", "WS", "192.0.2.9:2")).Request()
	if len(asked.Documents)+len(asked.Headers) > 0 || asked.Offer == nil {
		t.Errorf("stripped is %+v", asked)
	}
	phone := s.registered("bob", "TCP", "192.0.2.9:3")
	targets, _ := s.agent.Lookup("bob", "local.example")
	targets[0].Endpoint.Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@local.example", Offer: new(pcmu()),
		Documents: []bridge.Document{{ID: "x", Type: content.PIDF, Text: []byte(place)}},
	})
	if invite := phone.request(sip.INVITE); message.ContentType(invite) != content.SDP {
		t.Errorf("a phone gets\n%s", invite)
	}
}

// TestLocationWithoutAHeader gets one: sip-js writes none.
func TestLocationWithoutAHeader(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	body := several("--b\nContent-Type: application/pidf+xml\n\n" + place + "\n")
	alice.sayRaw(body, localOf(alice, "alice", "INVITE", "sip:bob@local.example", 5, mixed)...)
	asked := within(t, s.incoming, "call").Request()
	if len(asked.Documents) != 1 || asked.Headers[0].Value != "<cid:"+asked.Documents[0].ID+">" {
		t.Errorf("asked for %+v", asked)
	}
}

// TestPhoneWithoutParts is called again without the location.
func TestPhoneWithoutParts(t *testing.T) {
	s := newSetup(t)
	asked := s.callLocated(s.registered("alice", "WS", "192.0.2.9:1")).Request()
	asked.Offer = new(pcmu())
	asked.Headers = append(asked.Headers, bridge.Header{Name: "Geolocation", Value: "<cid:another@here>"})
	phone := s.registered("bob", "TCP", "192.0.2.9:2")
	targets, _ := s.agent.Lookup("bob", "local.example")
	leg := targets[0].Endpoint.Dial(asked)
	invite := phone.request(sip.INVITE)
	phone.respond(invite, 415, "b", "", "Accept: application/sdp")
	phone.request(sip.ACK)
	again := phone.request(sip.INVITE)
	if message.ContentType(again) != content.SDP || again.GetHeader("Geolocation") != nil ||
		again.CSeq().SeqNo <= invite.CSeq().SeqNo {
		t.Errorf("called again with\n%s", again)
	}
	phone.respond(again, 415, "b", "")
	phone.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 415 {
		t.Errorf("ended with %v", ended.Cause)
	}
}

// TestSeveralParts: what of a body is read, passed over and refused, in calls and their changes.
func TestSeveralParts(t *testing.T) {
	isup := "--b\nContent-Type: application/ISUP\nContent-Disposition: signal;handling=optional\n\nx\n"
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"passed over": {several(isup), 200},
		"required":    {several(strings.Replace(isup, "optional", "required", 1)), 415},
		"two offers":  {several("--b\nContent-Type: application/sdp\n\nsdp\n"), 400},
		"too many":    {several(strings.Repeat(isup, 8)), 413},
		"malformed":   {"--c--", 400},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.9:5070")
			script := newScript(p)
			p.sayRaw(test.body, script.lines("INVITE", "1", mixed)...)
			if test.status != 200 {
				refused := p.status(test.status)
				if test.status == 415 && refused.GetHeader("Accept").Value() != acceptHeader().Value() {
					t.Errorf("refused with\n%s", refused)
				}
				return
			}
			leg := within(t, s.incoming, "call")
			leg.Answer(pcmu())
			script.to = p.status(200).To().Value()
			p.say("", script.lines("ACK", "1")...)
			p.sayRaw(strings.Replace(test.body, "sdp\r\n--b", "sdp sendonly\r\n--b", 1), script.lines("INVITE", "2", mixed)...)
			p.status(200)
			p.say("", script.lines("ACK", "2")...)
			if held := event[bridge.DirectionChanged](t, leg); held.Direction != bridge.SendOnly {
				t.Errorf("the call is told %s", held.Direction)
			}
			s.hungUp(leg, p)
		})
	}
}

// TestAnswerOfSeveralParts reads the description in the response of a gateway.
func TestAnswerOfSeveralParts(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	response := sip.NewResponseFromRequest(invite, 200, "OK", []byte(several("")))
	response.To().Params.Add("tag", "bobtag")
	response.AppendHeader(sip.NewHeader("Contact", "<sip:bob@"+p.remote.String()+">"))
	response.AppendHeader(sip.NewHeader("Content-Type", "multipart/mixed;boundary=b"))
	p.agent.Receive(p, []byte(response.String()))
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
}

// TestServiceURN holds that the routes see the name of a service as it was asked for (RFC 5031).
func TestServiceURN(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	alice.say("sdp", localOf(alice, "alice", "INVITE", "urn:service:sos.Fire", 5)...)
	leg := within(t, s.incoming, "call")
	if asked := leg.Request(); asked.To != "urn:service:sos.fire" {
		t.Errorf("asked for %+v", asked)
	}
	leg.Hangup(bridge.Cause{Status: 486})
	alice.status(486)
}
