package sipua

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

// notified waits for a NOTIFY that says this, and answers it.
func (p *peer) notified(event, state, fragment string) {
	p.t.Helper()
	notify := p.request(sip.NOTIFY)
	if got := notify.GetHeader("Event").Value(); got != event {
		p.t.Errorf("event %q, want %q", got, event)
	}
	if got := notify.GetHeader("Subscription-State").Value(); got != state {
		p.t.Errorf("state %q, want %q", got, state)
	}
	if got := string(notify.Body()); got != "SIP/2.0 "+fragment+"\r\n" {
		p.t.Errorf("body %q, want %q", got, fragment)
	}
	if contentType := notify.GetHeader("Content-Type").Value(); contentType != "message/sipfrag;version=2.0" {
		p.t.Errorf("type %q", contentType)
	}
	p.respond(notify, 200, "", "")
}

const (
	stateActive     = "active;expires=300"
	stateTerminated = "terminated;reason=noresource"
)

// What each client writes is understood (RFC 3515, RFC 3891, RFC 4488).
func TestReferIsRead(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  bridge.Referral
	}{
		{
			"JsSIP, blind",
			[]string{"Refer-To: <sip:carol@out.example>", "Referred-By: <sip:alice@local.example>"},
			bridge.Referral{Target: "sip:carol@out.example", ReferredBy: "<sip:alice@local.example>"},
		},
		{
			"SIP.js, blind",
			[]string{"Refer-To: sip:carol@out.example", "Referred-By: <sip:alice@LOCAL.example>"},
			bridge.Referral{Target: "sip:carol@out.example", ReferredBy: "<sip:alice@LOCAL.example>"},
		},
		{
			"sipML5",
			[]string{
				"Refer-To: <sip:carol@out.example>", "Refer-Sub: true", "Supported: norefersub",
				`Referred-By: "Alice T"<sip:alice@local.example>;cid=P3IZAk6QPfJ;x="y, z"`,
			},
			bridge.Referral{Target: "sip:carol@out.example", ReferredBy: `"Alice T" <sip:alice@local.example>;x="y, z"`},
		},
		{
			"JsSIP, attended",
			[]string{"Refer-To: <sip:carol@out.example?Replaces=id%3Bto-tag%3Da%3Bfrom-tag%3Db>"},
			bridge.Referral{
				Target: "sip:carol@out.example", ReferredBy: "<sip:alice@local.example>",
				Replaces: &bridge.DialogID{CallID: "id", LocalTag: "a", RemoteTag: "b"},
			},
		},
		{
			"SIP.js, attended, to our own Contact",
			[]string{
				`Refer-To: "c" <sip:carol@192.0.2.1:5060;transport=ws?Replaces=id%3Bfrom-tag%3Db%3Bto-tag%3Da%3Bearly-only>`,
			},
			bridge.Referral{
				Target: "sip:carol@local.example", ReferredBy: "<sip:alice@local.example>", EarlyOnly: true,
				Replaces: &bridge.DialogID{CallID: "id", LocalTag: "a", RemoteTag: "b"},
			},
		},
		{
			"somebody else's name",
			[]string{"Refer-To: <sip:c@x>", "Referred-By: <sip:boss@local.example>"},
			bridge.Referral{Target: "sip:c@x", ReferredBy: "<sip:alice@local.example>"},
		},
		{
			"headers that shape the request",
			[]string{
				"Refer-To: <sips:carol@out.example;method=INVITE?Route=%3Csip:evil%3E&X-A=b&Subject=c>", "Refer-Sub: FALSE;x",
				"Require: norefersub",
			},
			bridge.Referral{Target: "sips:carol@out.example", ReferredBy: "<sip:alice@local.example>", Silent: true},
		},
		{
			"a number",
			[]string{"Refer-To: <tel:+4930123>"},
			bridge.Referral{Target: "sip:+4930123@local.example", ReferredBy: "<sip:alice@local.example>"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSetup(t)
			p := s.alice("192.0.2.9:5070")
			script := p.script()
			leg := s.answered(script)
			p.say("", script.lines("REFER", "2", test.lines...)...)
			got := event[bridge.TransferAsked](t, leg).Referral
			if got.Replaces != nil && test.want.Replaces != nil && *got.Replaces == *test.want.Replaces {
				got.Replaces = test.want.Replaces
			}
			if got != test.want {
				t.Errorf("got %+v %+v, want %+v", got, got.Replaces, test.want)
			}
			leg.TransferProgress(bridge.Cause{Status: 603})
			p.status(603)
			s.hungUp(leg, p)
		})
	}
}

func TestReferIsRefusedByTheBook(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	sequence := 2
	for _, test := range []struct {
		lines  []string
		status int
	}{
		{nil, 400},
		{[]string{"Refer-To: <sip:carol@out.example"}, 400},
		{[]string{"Refer-To: <sip:a@out.example>", "Refer-To: <sip:b@out.example>"}, 400},
		{[]string{"Refer-To: <sip:a@out.example>, <sip:b@out.example>"}, 400},
		{[]string{"Refer-To: <sip:a@out.example?Replaces=x>"}, 400},
		{[]string{"Refer-To: <sip:a@out.example?replaces=x%3Bto-tag%3Da>"}, 400},
		{[]string{"Refer-To: <sip:a@out.example>", "Replaces: x;to-tag=a;from-tag=b"}, 400},
		{[]string{"Refer-To: <http://out.example/>"}, 416},
		{[]string{"Refer-To: <sip:a@out.example;method=BYE>"}, 403},
		{[]string{"Refer-To: <sip:a@out.example>", "Require: multiple-refer"}, 420},
	} {
		sequence++
		p.say("", script.lines("REFER", sipNumber(sequence), test.lines...)...)
		p.status(test.status)
	}
	silent(t, leg)
	s.hungUp(leg, p)
}

func sipNumber(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func TestReferrerIsTold(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	const target = "Refer-To: <sip:carol@out.example>"
	p.say("", script.lines("REFER", "3", target)...)
	event[bridge.TransferAsked](t, leg)
	p.say("", script.lines("REFER", "4", target)...)
	p.status(491)
	leg.TransferProgress(bridge.Cause{Status: 501})
	p.status(501)

	p.say("", script.lines("REFER", "5", target)...)
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	if contact := message.Contact(p.status(202)); contact == nil {
		t.Error("the 202 has no Contact")
	}
	p.notified("refer;id=5", stateActive, "100 Trying")
	leg.TransferProgress(bridge.Cause{Status: 180})
	p.notified("refer;id=5", stateActive, "180 Ringing")
	p.say("", script.lines("REFER", "6", target)...)
	p.status(491)
	leg.TransferProgress(bridge.Cause{Status: 486, Text: "Busy\r\nHere"})
	p.notified("refer;id=5", stateTerminated, "486 Busy Here")

	p.say("", script.lines("REFER", "7", target)...) // and once more
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	p.status(202)
	p.notified("refer;id=7", stateActive, "100 Trying")
	leg.TransferProgress(bridge.Cause{Status: 200, Text: "OK"})
	p.notified("refer;id=7", stateTerminated, "200 OK")
	leg.TransferProgress(bridge.Cause{Status: 200}) // nobody asked
	s.hungUp(leg, p)
}

// Reports never overtake each other, and the last is not lost where the dialog ends.
func TestReportsGoOneAtATime(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	p.say("", script.lines("REFER", "3", "Refer-To: <sip:carol@out.example>")...)
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	p.status(202)
	first := p.request(sip.NOTIFY)
	leg.TransferProgress(bridge.Cause{Status: 180})
	leg.TransferProgress(bridge.Cause{Status: 183})
	p.respond(first, 200, "", "")
	unanswered := p.request(sip.NOTIFY)
	if !strings.HasPrefix(string(unanswered.Body()), "SIP/2.0 183 ") {
		t.Errorf("told %q, want the newest only", unanswered.Body())
	}
	leg.TransferProgress(bridge.Cause{Status: 487})
	leg.Hangup(bridge.Normal())
	p.notified("refer;id=3", stateTerminated, "487 Request Terminated")
	p.respond(p.request(sip.BYE), 200, "", "")
	p.respond(unanswered, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestReferWithoutReports(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	p.say("", script.lines("REFER", "3", "Refer-To: <sip:carol@out.example>", "Refer-Sub: false")...)
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	if header := p.status(200).GetHeader("Refer-Sub"); header == nil || header.Value() != "false" {
		t.Errorf("Refer-Sub is %v", header)
	}
	leg.TransferProgress(bridge.Cause{Status: 180})
	leg.TransferProgress(bridge.Cause{Status: 200})
	s.hungUp(leg, p) // no NOTIFY before the BYE
}

// A party that answers NOTIFY with 481, or unsubscribes, hears no more.
func TestReferrerThatWantsToHearNoMore(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	p.say("", script.lines("REFER", "3", "Refer-To: <sip:carol@out.example>")...)
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	p.status(202)
	p.respond(p.request(sip.NOTIFY), 481, "", "")
	l := s.agent.dialogs.find(leg.Info().Dialog)
	eventually(t, "the 481 is not read", func() bool {
		wants := make(chan bool, 1)
		l.mailbox.post(func() { wants <- !l.referral.silent })
		return !within(t, wants, "look at the leg")
	})
	leg.TransferProgress(bridge.Cause{Status: 200})

	p.say("", script.lines("REFER", "5", "Refer-To: <sip:carol@out.example>")...)
	event[bridge.TransferAsked](t, leg)
	leg.TransferProgress(bridge.Cause{Status: 100})
	p.status(202)
	p.notified("refer;id=5", stateActive, "100 Trying")
	p.say("", script.lines("SUBSCRIBE", "6", "Event: dialog")...)
	p.status(489)
	p.say("", script.lines("SUBSCRIBE", "7", "Event: refer;id=3")...)
	p.status(481)
	p.say("", script.lines("SUBSCRIBE", "8", "Event: refer;id=5", "Expires: 60")...)
	p.status(200)
	p.notified("refer;id=5", stateActive, "100 Trying")
	p.say("", script.lines("SUBSCRIBE", "9", "Event: refer", "Expires: 0")...)
	p.status(200)
	p.notified("refer;id=5", "terminated;reason=timeout", "100 Trying")
	leg.TransferProgress(bridge.Cause{Status: 180})
	leg.TransferProgress(bridge.Cause{Status: 200})
	s.hungUp(leg, p)
}

// No REFER stays without an answer.
func TestByeCrossesRefer(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	p.say("", script.lines("REFER", "3", "Refer-To: <sip:carol@out.example>")...)
	event[bridge.TransferAsked](t, leg)
	leg.Hangup(bridge.Normal())
	bye := p.request(sip.BYE)
	p.status(487)
	p.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

// A REFER before the ACK is too early, and one outside a dialog is nobody's.
func TestReferAtTheWrongTime(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.invite(script)
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("REFER", "2", "Refer-To: <sip:carol@out.example>")...)
	if p.status(500).GetHeader("Retry-After") == nil {
		t.Error("nothing is said about when to try again")
	}
	p.say("", script.lines("ACK", "1")...)
	s.hungUp(leg, p)

	stranger := s.peer("UDP", "192.0.2.30:5060")
	stranger.say("", plain(stranger, "REFER", "sip:bob@local.example", "Refer-To: <sip:carol@out.example>")...)
	stranger.status(403)
}

// The target is told who sent the caller, and whose place he takes (RFC 3892, RFC 3891).
func TestReferredCall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	offer := pcmu()
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:bob@local.example"}, To: "sip:carol@192.0.2.20:5060", Offer: &offer,
		ReferredBy: "<sip:alice@local.example>", EarlyOnly: true,
		Replaces: &bridge.DialogID{CallID: "id", LocalTag: "a", RemoteTag: "b"},
	})
	invite := p.request(sip.INVITE)
	for name, want := range map[string]string{
		"Referred-By": "<sip:alice@local.example>", "Replaces": "id;to-tag=a;from-tag=b;early-only", "Require": "replaces",
	} {
		if header := invite.GetHeader(name); header == nil || header.Value() != want {
			t.Errorf("%s is %v, want %s", name, header, want)
		}
	}
	p.respond(invite, 481, "carol", "")
	p.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 481 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

// Each REFER that a library was seen to send is understood; those in testdata were captured in browsers.
func TestCapturedRefers(t *testing.T) {
	files, err := filepath.Glob("testdata/refer/*.txt")
	if err != nil || len(files) != 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	a := newSetup(t).agent
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		message, err := wire.Parse(raw, wire.WebSocketLimits())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		request, ok := message.(*sip.Request)
		if !ok {
			t.Fatalf("%s: %T", file, message)
		}
		got, err := a.referralOf(request, bridge.LegInfo{Origin: bridge.OriginUser, User: "alice@example.test"})
		attended := strings.Contains(file, "attended")
		if err != nil || got.Silent || (got.Replaces != nil) != attended || !strings.HasPrefix(got.Target, "sip:") ||
			!strings.Contains(got.ReferredBy, "<sip:alice@example.test>") || strings.Contains(got.ReferredBy, "cid") {
			t.Errorf("%s: %+v, %v", file, got, err)
		}
	}
}
