package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/amf"
)

func event(text string) amf.Object {
	return amf.Object{Properties: []amf.Property{{Name: "X-Evil", Value: "1\r\nVia: x"}, {Name: "_body", Value: text}}}
}

// TestFreeswitchEvents says and hears texts in a call, as events; each is answered with what became of it.
func TestFreeswitchEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	name := alice.makeCall()
	phone := w.phone.AwaitDial(t)
	alice.fails("not in this state of the call", "sendevent", name, event("hello"))
	phone.Emit(answered())
	hears(t, alice.Client, "callState", name, "ACTIVE")
	alice.fails("bad arguments", "sendevent", name)
	for _, test := range []struct {
		cause bridge.Cause
		want  string
	}{{bridge.Cause{Status: 200}, "_result"}, {bridge.Cause{Status: 415}, "_error"}} {
		transaction := alice.Call("sendevent", name, event("hello"))
		told := bridgetest.Await[bridgetest.Tell](t, phone.Leg)
		if string(told.Message.Body) != "hello" || len(told.Message.Headers) > 0 {
			t.Errorf("the phone is told %+v", told.Message)
		}
		told.Done(test.cause)
		if answer := alice.AwaitAnswer(transaction); answer.Name != test.want {
			t.Errorf("%v is answered %+v", test.cause, answer)
		}
	}
	if cause := says(phone, plain("hello\x00")); cause.Status != 200 {
		t.Errorf("the phone is answered %v", cause)
	}
	heard, ok := alice.Await("event").Args[0].(amf.Object)
	if !ok || heard.Text("_body") != "hello" || heard.Text("Session") != name {
		t.Errorf("event says %+v", heard)
	}
	if cause := w.writes(plain("outside")); cause.Status != 200 {
		t.Errorf("who writes outside of calls is answered %v", cause)
	}
	heard, ok = alice.Await("event").Args[0].(amf.Object)
	if !ok || heard.Text("_body") != "outside" || heard.Text("from") != `"Carol" <sip:carol@test>` {
		t.Errorf("event says %+v", heard)
	}
	left := alice.Call("sendevent", name, event("too late"))
	bridgetest.Await[bridgetest.Tell](t, phone.Leg)
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	if answer := alice.AwaitAnswer(left); answer.Name != "_error" {
		t.Errorf("what nobody answers is answered %+v", answer)
	}
}

// TestFreeswitchDisplay says who the other party is, when it answers under another name and after a transfer.
func TestFreeswitchDisplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	name := alice.makeCall()
	phone := w.phone.AwaitDial(t)
	who := phone.Info()
	who.Party = bridge.Party{Name: `Reception "1"`, URI: "sip:phone@test"}
	phone.SetInfo(who)
	phone.Emit(answered())
	hears(t, alice.Client, "displayUpdate", name, "Reception 1", "phone")
	phone.Emit(bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:phone@test"}})
	target := w.phone.AwaitDial(t)
	target.Emit(answered())
	hears(t, alice.Client, "displayUpdate", name, "", "phone")
	if said := alice.Said("displayUpdate"); said != 2 {
		t.Errorf("displayUpdate came %d times", said)
	}
}
