package sipua

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/trunk"
)

// callFrom lets the trunk, or whoever this is, call a Request-URI.
func callFrom(p *peer, requestURI, from, to string, extra ...string) {
	p.t.Helper()
	script := newScript(p)
	script.requestURI, script.from, script.to = requestURI, from+";tag=far", to
	script.callID = "call-" + requestURI
	for _, sign := range []byte(requestURI) {
		script.branch = (script.branch + int(sign)) % 97 // another branch for another call
	}
	p.say("sdp", script.lines("INVITE", "1", extra...)...)
}

// incoming waits for a call, and lets go of it.
func (s *setup) nextAsked() bridge.Request {
	s.t.Helper()
	leg := within(s.t, s.incoming, "call")
	leg.Hangup(bridge.Cause{Status: 480})
	return leg.Request()
}

// TestCallsFromATrunk: the numbers are in our form, the caller is shown as someone to be called back, and who is
// asserted is believed of a trusted trunk alone.
func TestCallsFromATrunk(t *testing.T) {
	const asserted = "P-Asserted-Identity: \"Bob\" <sip:+1555@far.test>, <tel:+1555>"
	for _, test := range []struct {
		name     string
		trusted  bool
		from     string
		headers  []string
		calling  string
		asserted string
		private  bool
	}{
		{"a number", false, "<sip:0043123@carrier.test>", []string{asserted}, "sip:+43123@local.example", "", false},
		{"a tel URI", false, "<tel:+43-123>", nil, "sip:+43123@local.example", "", false},
		{"a name", false, "<sip:desk@carrier.test>", nil, "sip:desk@local.example", "", false},
		{
			"trusted", true, "<sip:0043123@carrier.test>",
			[]string{asserted},
			"sip:+43123@local.example", "sip:+1555@far.test", false,
		},
		{
			"trusted by tel", true, "<sip:x@y.test>",
			[]string{"P-Asserted-Identity: <tel:+1-555>"},
			"sip:x@local.example", "sip:+1555@tel", false,
		},
		{
			"hidden", true, `"Anonymous" <sip:anonymous@anonymous.invalid>`,
			[]string{asserted, "Privacy: critical; ID"},
			"sip:anonymous@anonymous.invalid", "sip:+1555@far.test", true,
		},
		{"not hidden", false, "<sip:1@y.test>", []string{"Privacy: none"}, "sip:1@local.example", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Trusted = test.trusted }))
			carrier := s.peer("UDP", carrierAddress)
			callFrom(carrier, "sip:004930@192.0.2.1:5060", test.from, "<sip:004930@carrier.test>", test.headers...)
			asked := s.nextAsked()
			if asked.Origin != bridge.OriginUpstream || asked.Trunk != "carrier" || asked.To != "sip:+4930@local.example" {
				t.Errorf("it is known as %v %s to %s", asked.Origin, asked.Trunk, asked.To)
			}
			if asked.From.URI != test.calling || asked.Asserted.URI != test.asserted || asked.Private != test.private {
				t.Errorf("from %s, asserted %s, private %v", asked.From.URI, asked.Asserted.URI, asked.Private)
			}
			carrier.status(480)
			s.settled()
			if active := s.agent.options.Dialing.Stats().Active; active != 0 {
				t.Errorf("%d calls are left", active)
			}
		})
	}
}

// TestCallsFromAFullTrunk: those above the limit are refused, and cost nothing.
func TestCallsFromAFullTrunk(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	for i := range 3 {
		script := newScript(carrier)
		script.requestURI, script.callID = fmt.Sprintf("sip:%d@192.0.2.1", i), fmt.Sprint("call-", i)
		script.branch = i
		carrier.say("sdp", script.lines("INVITE", "1")...)
	}
	carrier.status(503)
	for range 2 {
		s.nextAsked()
		carrier.status(480)
	}
	s.settled()
	if stats := s.agent.options.Dialing.Stats(); stats.Active != 0 || stats.OverTrunk != 1 {
		t.Errorf("it counted %+v", stats)
	}
}

// TestRegistrationAtATrunk: we register, are challenged, and a call to our contact is from the trunk wherever it comes
// from; in the end the registration is taken back.
func TestRegistrationAtATrunk(t *testing.T) {
	s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Register = true }))
	carrier, other := s.peer("UDP", carrierAddress), s.peer("UDP", "192.0.2.61:5060")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.agent.RunTrunks(ctx) }()
	register := carrier.request(sip.REGISTER)
	again := challengedOnce(carrier, register, 401, askForCredentials)
	mustProve(t, again, "Authorization")
	contact := again.Contact().Address
	carrier.respond(again, 200, "far", "", "Contact: <"+contact.String()+">;expires=600",
		"Service-Route: <sip:192.0.2.60:5060;lr>")
	eventually(t, "it is not registered", func() bool { return s.agent.Registrations()["carrier"].Registered })

	callFrom(other, contact.String(), "<sip:0043@carrier.test>", "<sip:004930@carrier.test>")
	if asked := s.nextAsked(); asked.Trunk != "carrier" || asked.To != "sip:+4930@local.example" {
		t.Errorf("a call to our contact is known as of %q to %s", asked.Trunk, asked.To)
	}
	other.status(480)
	callFrom(other, "sip:x"+contact.String()[len("sip:"):], "<sip:0043@carrier.test>", "<sip:004930@carrier.test>")
	if asked := s.nextAsked(); asked.Trunk != "" || asked.Origin != bridge.OriginUnknown {
		t.Errorf("a call to another contact is known as of %q", asked.Trunk)
	}
	other.status(480)

	leg := s.dialNumber("+4930")
	invite := carrier.request(sip.INVITE)
	if route := invite.GetHeader("Route"); route == nil || !strings.Contains(route.Value(), "192.0.2.60:5060;lr") {
		t.Errorf("the service route is not used: %v", route)
	}
	carrier.respond(invite, 486, "far", "")
	carrier.request(sip.ACK)
	event[bridge.Ended](t, leg)

	cancel()
	last := carrier.request(sip.REGISTER)
	if last.GetHeader("Expires").Value() != "0" {
		t.Errorf("the last REGISTER is %s", last)
	}
	carrier.respond(last, 200, "far", "")
	if err := within(t, ended, "end of the registrations"); err != nil {
		t.Error(err)
	}
	s.settled()
}

// TestHiddenCallersAreNotShown: to devices of ours and to gateways they are anonymous; nobody is told who is asserted.
func TestHiddenCallersAreNotShown(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	offer := pcmu()
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:alice@local.example"}, To: "sip:bob@192.0.2.20:5060", Offer: &offer,
		Private: true, Asserted: bridge.Party{URI: "sip:+1555@far.test"},
	})
	invite := p.request(sip.INVITE)
	if text := invite.String(); strings.Contains(text, "alice") || strings.Contains(text, "Alice") ||
		strings.Contains(text, "1555") || !strings.Contains(text, "sip:anonymous@anonymous.invalid") {
		t.Errorf("the caller is shown:\n%s", text)
	}
	p.respond(invite, 486, "t", "")
	p.request(sip.ACK)
	event[bridge.Ended](t, leg)
}

// TestBrowsersAssertNothing: what a browser says about its identity is not believed, but that it wants to hide is.
func TestBrowsersAssertNothing(t *testing.T) {
	s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Trusted = true }))
	p := s.peer("WS", "192.0.2.7:4711")
	s.agent.users.Set(p, "alice@local.example")
	script := newScript(p)
	script.from, script.to, script.requestURI = "<sip:alice@local.example>;tag=a", "<tel:+49-30-1>", "tel:+49-30-1"
	p.say("sdp", script.lines("INVITE", "1", "P-Asserted-Identity: <sip:boss@local.example>", "Privacy: id")...)
	asked := s.nextAsked()
	if asked.Asserted.URI != "" || !asked.Private || asked.User != "alice@local.example" {
		t.Errorf("asked: %+v", asked)
	}
	if asked.To != "sip:+49301@local.example" {
		t.Errorf("tel:+49-30-1 is %s", asked.To)
	}
	p.status(480)
}

// TestKeysToATrunk go in the way that it wants.
func TestKeysToATrunk(t *testing.T) {
	for _, test := range []struct {
		way         trunk.DTMF
		events      bool // the trunk takes RTP events
		contentType string
		byRTP       bool
	}{
		{trunk.DTMFAuto, true, "", true},
		{trunk.DTMFAuto, false, contentDTMFRelay, false},
		{trunk.DTMFEvents, true, "", true},
		{trunk.DTMFEvents, false, "", false},
		{trunk.DTMFRelay, true, contentDTMFRelay, false},
		{trunk.DTMFInfo, true, contentDTMF, false},
		{trunk.DTMFInband, true, "", true},
		{trunk.DTMFInband, false, "", false},
	} {
		t.Run(fmt.Sprintf("%q %v", test.way, test.events), func(t *testing.T) {
			s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.DTMF = test.way }))
			carrier := s.peer("UDP", carrierAddress)
			leg := s.dialNumber("+49301")
			invite := carrier.request(sip.INVITE)
			media := within(t, s.media, "media")
			media.mu.Lock()
			media.takeDTMF = test.events
			media.mu.Unlock()
			carrier.respond(invite, 200, "far", "sdp")
			carrier.request(sip.ACK)
			event[bridge.Answered](t, leg)
			leg.SendDTMF(bridge.DTMF{Digit: '5', Duration: defaultKeyDuration})
			if test.contentType != "" {
				info := carrier.request(sip.INFO)
				if message.ContentType(info) != test.contentType || !strings.Contains(string(info.Body()), "5") {
					t.Errorf("the key came as %s", info)
				}
				carrier.respond(info, 200, "", "")
			}
			leg.Hangup(bridge.Normal())
			carrier.respond(carrier.request(sip.BYE), 200, "", "")
			event[bridge.Ended](t, leg)
			media.mu.Lock()
			defer media.mu.Unlock()
			if media.tones != (test.way == trunk.DTMFInband) {
				t.Errorf("keys as tones: %v", media.tones)
			}
			if got := test.events && slices.Contains(media.log, "dtmf5"); got != test.byRTP {
				t.Errorf("by RTP: %v, the media did %q", got, media.log)
			}
		})
	}
}

// TestTwoTrunksAtOneServer: each answers its own challenges, and calls are known by the account that they are for.
func TestTwoTrunksAtOneServer(t *testing.T) {
	second, err := trunk.New(trunk.Options{
		Name: "second", NextHops: []string{"sip:" + carrierAddress}, Domain: "carrier.test", Account: "4940",
		Login: digest.Login{User: "4940", Password: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(t, withTrunk(t, nil), func(options *Options, _ *Agent) {
		options.Trunks = append(options.Trunks, second)
	})
	carrier := s.peer("UDP", carrierAddress)
	for name, account := range map[string]string{"carrier": "4930", "second": "4940"} {
		leg := s.dialBy(name, "+49301")
		again := challengedOnce(carrier, carrier.request(sip.INVITE), 401, askForCredentials)
		if header := again.GetHeader("Authorization"); !strings.Contains(header.Value(), `username="`+account+`"`) {
			t.Errorf("trunk %s answers as %v", name, header)
		}
		carrier.respond(again, 486, "far", "")
		carrier.request(sip.ACK)
		event[bridge.Ended](t, leg)
		callFrom(carrier, "sip:"+account+"@192.0.2.1:5060", "<sip:1@carrier.test>", "<sip:x@carrier.test>")
		if asked := s.nextAsked(); asked.Trunk != name {
			t.Errorf("a call for %s is of trunk %q", account, asked.Trunk)
		}
		carrier.status(480)
	}
	callFrom(carrier, "sip:4950@192.0.2.1:5060", "<sip:1@carrier.test>", "<sip:x@carrier.test>")
	if asked := s.nextAsked(); asked.Trunk != "carrier" {
		t.Errorf("a call for another number is of trunk %q", asked.Trunk)
	}
	carrier.status(480)
	s.settled()
}

// TestLostConnectionOfARegistration: calls to us could not come, so we register again.
func TestLostConnectionOfARegistration(t *testing.T) {
	s := newSetup(t, withTrunk(t, func(o *trunk.Options) {
		o.Register, o.NextHops = true, []string{"sip:" + carrierAddress + ";transport=tcp"}
	}))
	carrier := s.peer("TCP", carrierAddress)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.agent.RunTrunks(ctx) }()
	register := carrier.request(sip.REGISTER)
	grant := "Contact: <" + register.Contact().Address.String() + ">;expires=600"
	carrier.respondOnly(register, 200, grant)
	eventually(t, "it is not registered", func() bool { return s.agent.Registrations()["carrier"].Registered })
	carrier.Close()
	s.agent.FlowClosed(carrier)
	another := s.peer("TCP", carrierAddress)
	another.respondOnly(another.request(sip.REGISTER), 200, grant)
	cancel()
	another.respondOnly(another.request(sip.REGISTER), 200)
	if err := within(t, ended, "end of the registrations"); err != nil {
		t.Error(err)
	}
}
