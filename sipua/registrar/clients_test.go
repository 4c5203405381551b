package registrar

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
)

// What each client sent, and the Contact that it must find in the 200: every parameter, and expires.
func TestCapturedRegister(t *testing.T) {
	tests := []struct {
		name     string
		want     string
		instance string
	}{
		{
			"jssip-register-1",
			`<sip:cbgbujij@h8h191fkc2sv.invalid;transport=ws>;+sip.ice;reg-id=1;` +
				`+sip.instance="<urn:uuid:7c4de861-e0ab-4101-87eb-525776b74977>";expires=600`,
			"<urn:uuid:7c4de861-e0ab-4101-87eb-525776b74977>",
		},
		{"sipjs-register-1", `<sip:uuu9uucd@pq7a7bj6ck8s.invalid;transport=ws>;expires=600`, ""},
		{
			"sipml5-register-1",
			`"Alice T" <sip:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=ws>;click2call=no;expires=200`, "",
		},
		{
			"sip-js-register-1",
			`<sip:alice@r8695157607.invalid>;reg-id=1;` +
				`+sip.instance="<urn:uuid:0b28cde1-9567-4ff2-bbda-cc291463d95d>";expires=180`,
			"<urn:uuid:0b28cde1-9567-4ff2-bbda-cc291463d95d>",
		},
		{
			"sipml5-A_plain_REGISTER",
			`"Alice W" <sip:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=ws>;click2call=no;` +
				`+g.oma.sip-im;+audio;language="en,fr";expires=200`, "",
		},
		{
			"sipml5-J_wss_REGISTER",
			`"undefined" <sips:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=wss>;click2call=no;expires=200`,
			"",
		},
		{
			"sipml5-C_click2call_REGISTER",
			`"Alice W" <sip:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=ws>;click2call=yes;` +
				`+g.oma.sip-im;+audio;language="en,fr";expires=200`, "",
		},
	}
	for _, test := range tests {
		b := newBench(t, Options{})
		request := captured(t, test.name)
		if got := b.mustRegister(request, connection("WS")); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: got %q", test.name, got)
		}
		found := b.Lookup("alice", request.Recipient.Host)
		if len(found) != 1 || found[0].Instance != test.instance || found[0].outbound() != (test.instance != "") {
			t.Errorf("%s: found %+v", test.name, found)
		}
	}
}

func TestCapturedUnregister(t *testing.T) {
	for first, second := range map[string]string{
		"jssip-register-1":        "jssip-register-2",
		"sipjs-register-1":        "sipjs-register-2",
		"sipml5-register-1":       "sipml5-register-2",
		"sip-js-register-1":       "sip-js-register-2",
		"sipml5-A_plain_REGISTER": "sipml5-A_plain_unREGISTER",
	} {
		b := newBench(t, Options{})
		flow := connection("WS")
		b.mustRegister(captured(t, first), flow)
		if got := b.mustRegister(captured(t, second), flow); len(got) != 0 || b.Stats().Bindings != 0 {
			t.Errorf("%s: left %q", second, got)
		}
	}
}

// JsSIP, SIP.js and sipML5 take 423 and come back with what it says; sip-js gives up.
func TestCapturedIntervalTooBrief(t *testing.T) {
	for _, client := range []string{"jssip", "sipjs", "sipml5"} {
		b := newBench(t, Options{MinExpires: 1800 * time.Second})
		flow := connection("WS")
		if status := b.refused(captured(t, client+"-register-423-1"), flow); status != 423 {
			t.Errorf("%s: status %d", client, status)
		}
		got := b.mustRegister(captured(t, client+"-register-423-2"), flow)
		if len(got) != 1 || !strings.HasSuffix(got[0], ";expires=1800") {
			t.Errorf("%s: got %q", client, got)
		}
	}
}

// No client is refused with the default settings.
func TestDefaultsSuitAllClients(t *testing.T) {
	for _, client := range []string{"jssip", "sipjs", "sipml5", "sip-js"} {
		b := newBench(t, Options{})
		b.mustRegister(captured(t, client+"-ws-drop-idle-1"), connection("WS"))
	}
}

// JsSIP comes back on a new connection with the same Call-ID, the next CSeq and the same Contact, perhaps before the
// loss of the old one was noticed.
func TestJsSIPComesBack(t *testing.T) {
	b := newBench(t, Options{})
	old, fresh := connection("WS"), connection("WS")
	b.mustRegister(captured(t, "jssip-ws-drop-idle-1"), old)
	if got := b.mustRegister(captured(t, "jssip-ws-drop-idle-2"), fresh); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	b.FlowClosed(old)
	if found := b.Lookup("alice", "example.test"); len(found) != 1 || found[0].Flow != fresh {
		t.Errorf("found %+v", found)
	}
}

// A client without an instance that comes back with its Call-ID replaces its old binding too.
func TestSIPJSComesBack(t *testing.T) {
	b := newBench(t, Options{})
	old, fresh := connection("WS"), connection("WS")
	b.mustRegister(captured(t, "sipjs-register-1"), old)
	raw := replaceLine(captured(t, "sipjs-register-1").String(), "CSeq", "CSeq: 3 REGISTER")
	b.mustRegister(parse(t, raw), fresh)
	if found := b.Lookup("alice", "example.test"); len(found) != 1 || found[0].Flow != fresh {
		t.Errorf("found %+v", found)
	}
}

// Two pages with sipML5 have the same Contact to the letter, and are two places all the same.
func TestTwoPagesWithSIPML5(t *testing.T) {
	b := newBench(t, Options{})
	one, two := connection("WS"), connection("WS")
	b.mustRegister(captured(t, "sipml5-register-1"), one)
	raw := captured(t, "sipml5-register-1").String()
	second := parse(t, replaceLine(raw, "Call-ID", "Call-ID: of-the-second-page"))
	if got := b.mustRegister(second, two); len(got) != 2 {
		t.Fatalf("got %q", got)
	}
	// A new registration session in the first page, by its connection, replaces the first only.
	third := parse(t, replaceLine(raw, "Call-ID", "Call-ID: of-a-new-session"))
	if got := b.mustRegister(third, one); len(got) != 2 {
		t.Errorf("got %q", got)
	}
	b.FlowClosed(one)
	if found := b.Lookup("alice", "example.test"); len(found) != 1 || found[0].Flow != two {
		t.Errorf("found %+v", found)
	}
}

// The same device on one account and, by the same invented host, another user of sipML5.
func TestTwoUsersWithSIPML5(t *testing.T) {
	b := newBench(t, Options{})
	one, two := connection("WS"), connection("WS")
	raw := captured(t, "sipml5-register-1").String()
	b.mustRegister(parse(t, raw), one)
	b.mustRegister(parse(t, strings.ReplaceAll(raw, "alice", "bob")), two)
	for user, flow := range map[string]*fakeFlow{"alice": one, "bob": two} {
		if found := b.Lookup(user, "example.test"); len(found) != 1 || found[0].Flow != flow {
			t.Errorf("%s: %+v", user, found)
		}
	}
}

// A phone's Contact is an address: on a new connection it replaces the old binding.
func TestPhoneOnANewConnection(t *testing.T) {
	b := newBench(t, Options{})
	old, fresh := connection("TCP"), connection("TCP")
	b.mustRegister(register(t, "c", 1, "Contact: <sip:alice@192.0.2.9:5060;transport=tcp>"), old)
	b.mustRegister(register(t, "d", 1, "Contact: <sip:alice@192.0.2.9:5060;transport=tcp>"), fresh)
	if found := b.Lookup("alice", "example.test"); len(found) != 1 || found[0].Flow != fresh {
		t.Errorf("found %+v", found)
	}
}

// Two flows of one device (RFC 5626 section 4.2), and Require: outbound for those who know it.
func TestOutbound(t *testing.T) {
	b := newBench(t, Options{})
	one, two := connection("TLS"), connection("TLS")
	contact := `Contact: <sip:a@b>;+sip.instance="<urn:uuid:AA>";reg-id=`
	if _, err := b.Register(Sender{}, register(t, "c", 1, contact+"1", "Supported: path, outbound"), one); err != nil {
		t.Fatal(err)
	}
	headers, err := b.Register(Sender{}, register(t, "c", 2, contact+"2", "Supported: path", "Supported: outbound"), two)
	if err != nil || len(headers) != 3 {
		t.Fatalf("headers %v, error %v", headers, err)
	}
	// The asking flow's Contact comes first, for clients that look at one only.
	if !strings.Contains(headers[0].Value, "reg-id=2") ||
		headers[2] != (bridge.Header{Name: "Require", Value: "outbound"}) {
		t.Errorf("headers %v", headers)
	}
	again := `Contact: <sip:other@c>;+sip.instance="<urn:uuid:aa>";reg-id=1`
	if got := b.mustRegister(register(t, "d", 1, again), connection("TLS")); len(got) != 2 {
		t.Errorf("the same instance and reg-id gives %q", got)
	}
	headers, err = b.Register(Sender{}, register(t, "d", 2, again), two)
	if err != nil || slices.Contains(headers, bridge.Header{Name: "Require", Value: "outbound"}) {
		t.Errorf("to a client that doesn't know outbound: %v, error %v", headers, err)
	}
}

// SIP.js registers again at once, for ever, if a Contact lacks expires; JsSIP and SIP.js need a Contact at all.
func TestEveryContactHasExpires(t *testing.T) {
	b := newBench(t, Options{})
	names := []string{"jssip-register-1", "sipjs-register-1", "sipml5-register-1", "sip-js-register-1"}
	for i, name := range names {
		headers, err := b.Register(Sender{User: "alice"}, captured(t, name), connection("WS"))
		if err != nil {
			t.Fatal(err)
		}
		own := captured(t, name).Contact().Address.User
		contacts := 0
		for _, header := range headers {
			if header.Name != "Contact" {
				continue
			}
			contacts++
			if _, expires, _ := strings.Cut(header.Value, ";expires="); expires == "" {
				t.Errorf("%s: Contact %s", name, header.Value)
			}
		}
		if contacts != i+1 || !strings.Contains(headers[0].Value, own+"@") {
			t.Errorf("%s: headers %v", name, headers)
		}
	}
}
