package rtmp_test

import (
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// callPhone makes alice call the phone, which answers with PCMU.
func callPhone(t *testing.T, w *world, codecs ...any) (*rtmptest.Client, bridgetest.Dialled) {
	t.Helper()
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Call("invite", append([]any{"sip:phone@test"}, codecs...)...)
	phone := w.phone.AwaitDial(t)
	phone.Emit(bridge.Ringing{})
	if ringing := alice.Await("ringing"); ringing.Args[0] != "180 Ringing" {
		t.Errorf("ringing says %v", ringing.Args)
	}
	phone.Emit(answered())
	return alice, phone
}

func TestInvite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, phone := callPhone(t, w, "wideband", "pcmu", "pcma", "ulaw", "alaw", "dtmf", "h264", "flv")
	if request := phone.Request; request.From.URI != "sip:alice@test" || request.From.Name != "alice" ||
		request.User != "alice@test" || request.Origin != bridge.OriginUser {
		t.Errorf("the phone hears of %+v", request)
	}
	accepted := alice.Await("accepted")
	if len(accepted.Args) != 2 || accepted.Args[0] != "pcmu" || accepted.Args[1] != nil {
		t.Errorf("accepted says %v", accepted.Args)
	}
	alice.Ask("bye")
	if cause := bridgetest.Await[bridgetest.Hangup](t, phone.Leg).Cause; cause.Status != 200 {
		t.Errorf("the phone is hung up with %v", cause)
	}
	if record := w.calls.AwaitEnded(t); record.EndedBy != "caller" || record.CallerTransport != "RTMP" {
		t.Errorf("the record is %+v", record)
	}
	if alice.Said("byed") != 0 {
		t.Error("who says bye is told byed")
	}
}

func TestAcceptedWithoutWords(t *testing.T) {
	t.Parallel()
	alice, _ := callPhone(t, newWorld(t))
	if accepted := alice.Await("accepted"); len(accepted.Args) != 0 {
		t.Errorf("accepted says %v", accepted.Args)
	}
}

func TestPhoneHangsUp(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	if byed := alice.Await("byed"); len(byed.Args) != 0 {
		t.Errorf("byed says %v", byed.Args)
	}
}

func TestInviteFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	for _, test := range []struct{ to, want string }{
		{"sip:nobody@test", "404 Not Found"},
		{"nobody", "404 Not Found"},
		{`"No Body" <sip:nobody@test;x=y>`, "404 Not Found"},
		{"", "invalid dest URI"},
		{"sips:phone@test", "invalid dest URI"},
		{"sip:phone@test\r\nX-Internal-Auth: yes", "invalid dest URI"},
		{"sip:ph one@test", "invalid dest URI"},
		{"sip:phone%0d%0a@test", "invalid dest URI"},
		{"<sip:phone@test", "invalid dest URI"},
	} {
		alice.Call("invite", test.to, "pcmu")
		if rejected := alice.Await("rejected"); rejected.Args[0] != test.want {
			t.Errorf("%q is rejected with %v", test.to, rejected.Args)
		}
	}
	alice.Call("invite", "phone", "h264")
	if rejected := alice.Await("rejected"); rejected.Args[0] != "488 Not Acceptable Here" {
		t.Errorf("without sound it is rejected with %v", rejected.Args)
	}
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	alice.Call("invite", "echo", "pcmu")
	if rejected := alice.Await("rejected"); rejected.Args[0] != "Already in an active or pending call" {
		t.Errorf("a second one is rejected with %v", rejected.Args)
	}
	phone.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	if rejected := alice.Await("rejected"); rejected.Args[0] != "486 Busy Here" {
		t.Errorf("busy is told as %v", rejected.Args)
	}
	alice.Call("invite", "echo", "pcmu")
	alice.Await("accepted")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	alice.Ask("bye")
	bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
	// A client that vanishes while its call rings cancels it, too.
	alice.Call("invite", "phone", "pcmu")
	phone = w.phone.AwaitDial(t)
	alice.Close()
	bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
	bridgetest.Eventually(t, "she is gone", func() bool { return w.server.Stats().Users == 0 })
}

func TestInvited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	caller := w.callAlice()
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	invited := alice.Await("invited")
	if invited.Args[0] != `"Carol" <sip:carol@test>` || invited.Args[1] != `"alice" <sip:alice@test>` {
		t.Errorf("invited says %v", invited.Args)
	}
	alice.Call("accept", "wideband", "pcma", "pcmu")
	if answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer; answer.Media[0].Formats[0].PayloadType != 8 {
		t.Errorf("the caller's answer is %+v", answer)
	}
	if accepted := alice.Await("accepted"); accepted.Args[0] != "pcma" {
		t.Errorf("accepted says %v", accepted.Args)
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	alice.Await("byed")
}

// TestAcceptSpeex answers a caller that has G.711 only: the client speaks Speex, and the bridge transcodes.
func TestAcceptSpeex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	for _, words := range [][]any{nil, {"wideband", "ulaw", "alaw", "dtmf", "flv"}} {
		caller := w.callAlice()
		alice.Await("invited")
		alice.Call("accept", words...)
		answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
		if answer.Media[0].Formats[0].Name != "PCMU" {
			t.Errorf("the caller's answer is %+v", answer)
		}
		accepted := alice.Await("accepted")
		if len(words) > 0 && (len(accepted.Args) != 2 || accepted.Args[0] != "speex") {
			t.Errorf("accepted says %v", accepted.Args)
		}
		stream := alice.Play("remote")
		bridgetest.Eventually(t, "she hears Speex", func() bool {
			deliver(t, caller.FakeMedia(), 0, 60)
			heard := alice.AwaitHeard(1)
			return heard[len(heard)-1].Payload[0] == 0xb2
		})
		alice.CloseStream(stream)
		alice.Ask("bye")
		bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
	}
}

func TestInvitedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	caller := w.callAlice()
	alice.Await("invited")
	// A second caller hears busy, and the first is not disturbed.
	second := w.callAlice()
	if cause := bridgetest.Await[bridgetest.Hangup](t, second.Leg).Cause; cause.Status != 486 {
		t.Errorf("the second caller hears %v", cause)
	}
	caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	if cancelled := alice.Await("cancelled"); cancelled.Args[0] != `"Carol" <sip:carol@test>` {
		t.Errorf("cancelled says %v", cancelled.Args)
	}
	alice.Ask("accept", "pcmu") // too late: nothing rings
	if alice.Said("accepted")+alice.Said("byed") > 0 {
		t.Errorf("a call that is over was accepted: %+v", alice.Commands())
	}
}

func TestReject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	for _, test := range []struct {
		args   []any
		status int
		text   string
	}{
		{nil, 603, "Decline"},
		{[]any{"486 Busy Here"}, 486, "Busy Here"},
		{[]any{"no time"}, 603, "no time"},
		{[]any{"200 OK"}, 603, "200 OK"},
		{[]any{"486 Busy\r\nX-Evil: 1"}, 486, "BusyX-Evil: 1"},
	} {
		caller := w.callAlice()
		alice.Await("invited")
		alice.Call("reject", test.args...)
		cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause
		if cause.Status != test.status || cause.Text != test.text {
			t.Errorf("reject %q is told as %v", test.args, cause)
		}
	}
}

func TestAcceptWithoutCodecInCommon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	caller := w.callAlice()
	alice.Await("invited")
	alice.Call("accept", "h264")
	if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 488 {
		t.Errorf("the caller hears %v", cause)
	}
	alice.Await("byed")
}

// TestTwoClientsOfOneUser rings both; the one that is slower hears cancelled.
func TestTwoClientsOfOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := rtmptest.Login(t, w.address, "alice@test", "secret")
	second := rtmptest.Login(t, w.address, "alice@test", "secret")
	caller := w.callAlice()
	first.Await("invited")
	second.Await("invited")
	second.Call("accept", "pcmu")
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	second.Await("accepted")
	first.Await("cancelled")
	second.Close()
	bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
	third := w.callAlice()
	first.Await("invited")
	first.Close()
	if cause := bridgetest.Await[bridgetest.Hangup](t, third.Leg).Cause; cause.Status != 480 {
		t.Errorf("a caller whose callee vanishes hears %v", cause)
	}
}

func TestHoldAndKeys(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	alice.Call("hold", true)
	alice.Call("hold", true)
	if direction := bridgetest.Await[bridgetest.SetDirection](t, phone.Leg).Direction; direction != bridge.SendOnly {
		t.Errorf("hold makes it %v", direction)
	}
	alice.Call("hold", false)
	if direction := bridgetest.Await[bridgetest.SetDirection](t, phone.Leg).Direction; direction != bridge.SendRecv {
		t.Errorf("resume makes it %v", direction)
	}
	for _, key := range []any{"12", "", "x", nil, 10.0, "5", 7.0, "#"} {
		alice.Call("sendDTMF", key)
	}
	for _, want := range []byte("57#") {
		if key := bridgetest.Await[bridgetest.SendDTMF](t, phone.Leg).Key; key.Digit != want || key.Duration <= 0 {
			t.Errorf("the phone gets %+v, not %c", key, want)
		}
	}
	phone.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	if held := alice.Await("holded"); held.Args[0] != true {
		t.Errorf("holded says %v", held.Args)
	}
	phone.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	if held := alice.Await("holded"); held.Args[0] != false {
		t.Errorf("holded says %v", held.Args)
	}
	// An offer of other codecs is accepted at once.
	phone.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Accept](t, phone.Leg)
}

func TestEarlyMedia(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Play("remote") // before there is a call
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	phone.Emit(bridge.Ringing{Early: new(bridgetest.Audio(bridgetest.PCMU()))})
	if ringing := alice.Await("ringing"); ringing.Args[0] != "183 Session Progress" {
		t.Errorf("ringing says %v", ringing.Args)
	}
	phone.FakeMedia().AwaitPlugged(t, transcode.Audio)
	deliver(t, phone.FakeMedia(), 0, 3)
	if heard := alice.AwaitHeard(3); heard[0].Payload[0] != 0x82 {
		t.Errorf("heard %x", heard[0].Payload)
	}
}

// deliver plays count packets of 20 ms of a phone, from a number on.
func deliver(t *testing.T, media *bridgetest.Media, from, count uint16) {
	t.Helper()
	for number := from; number < from+count; number++ {
		packet := &rtp.Packet{
			Header:  rtp.Header{SequenceNumber: number, Timestamp: uint32(number) * 160, SSRC: 7},
			Payload: make([]byte, 160),
		}
		if _, err := media.Deliver(transcode.Audio, packet); err != nil {
			t.Fatal(err)
		}
	}
}
