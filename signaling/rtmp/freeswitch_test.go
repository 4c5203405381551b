package rtmp_test

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// fsPhone is a Flash phone of FreeSWITCH.
type fsPhone struct {
	*rtmptest.Client

	t       *testing.T
	session string
}

func dialFS(t *testing.T, w *world) *fsPhone {
	t.Helper()
	client := rtmptest.Dial(t, w.address, rtmptest.Options{})
	if answer := client.Connect("phone"); answer.Name != "_result" {
		t.Fatalf("it cannot connect: %+v", answer)
	}
	session, ok := client.Await("connected").Args[0].(string)
	if !ok || len(session) != 36 {
		t.Fatalf("the session is %q", session)
	}
	return &fsPhone{Client: client, t: t, session: session}
}

// hash proves a user.
func (p *fsPhone) hash(user, password string) string {
	return fmt.Sprintf("%x", md5.Sum([]byte(p.session+":"+user+":"+password)))
}

// loginFS is alice's phone, which her calls ring at.
func loginFS(t *testing.T, w *world) *fsPhone {
	t.Helper()
	p := dialFS(t, w)
	p.Call("login", "alice@test", p.hash("alice@test", "secret"))
	hears(t, p.Client, "onLogin", "success", "alice", "test")
	p.must("register", "alice@test", "nick")
	return p
}

// must wants a command to be done.
func (p *fsPhone) must(name string, args ...any) {
	p.t.Helper()
	if answer := p.Ask(name, args...); answer.Name != "_result" {
		p.t.Errorf("%s %v is answered %+v", name, args, answer)
	}
}

// fails wants a command to be refused, and to hear so.
func (p *fsPhone) fails(why, name string, args ...any) {
	p.t.Helper()
	answer := p.Ask(name, args...)
	if answer.Name != "_error" || info(p.t, answer).Text("description") != why {
		p.t.Errorf("%s %v is answered %+v", name, args, answer)
	}
}

// makeCall calls the phone, and gives the name of the call.
func (p *fsPhone) makeCall() string {
	p.t.Helper()
	const number = "phone"
	transaction := p.Call("makeCall", number, "alice@test")
	made := p.Await("onMakeCall")
	name, ok := made.Args[0].(string)
	if !ok || made.Transaction != transaction || made.Args[1] != number || made.Args[2] != "alice@test" {
		p.t.Errorf("onMakeCall says %+v", made)
	}
	hears(p.t, p.Client, "onAttach", name)
	hears(p.t, p.Client, "callState", name, "DIALING")
	return name
}

func TestFreeswitchCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	name := alice.makeCall()
	phone := w.phone.AwaitDial(t)
	if phone.Request.User != "alice@test" || phone.Request.To != "sip:phone@test" {
		t.Errorf("the phone hears of %+v", phone.Request)
	}
	phone.Emit(bridge.Ringing{})
	hears(t, alice.Client, "callState", name, "RINGING")
	phone.Emit(bridge.Ringing{Early: new(bridgetest.Audio(bridgetest.PCMU()))})
	hears(t, alice.Client, "callState", name, "EARLY")
	phone.Emit(answered())
	hears(t, alice.Client, "callState", name, "ACTIVE")
	alice.must("sendDTMF", "12#", 300.0)
	for _, want := range []byte("12#") {
		key := bridgetest.Await[bridgetest.SendDTMF](t, phone.Leg).Key
		if key.Digit != want || key.Duration != 300*time.Millisecond {
			t.Errorf("the phone gets %+v", key)
		}
	}
	phone.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	hears(t, alice.Client, "callState", name, "HELD")
	phone.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	hears(t, alice.Client, "callState", name, "UNHELD")
	hears(t, alice.Client, "callState", name, "ACTIVE")
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	hears(t, alice.Client, "callState", name, "HANGUP")
	hears(t, alice.Client, "onHangup", name, "NORMAL_CLEARING")
}

func TestFreeswitchIsCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	rings := func() (*bridgetest.Incoming, string) {
		caller := w.callAlice()
		call := alice.Await("incomingCall")
		name, ok := call.Args[0].(string)
		if !ok || !slices.Equal(call.Args[1:], []any{"Carol", "carol", "alice@test", nil}) {
			t.Errorf("incomingCall says %+v", call)
		}
		hears(t, alice.Client, "callState", name, "RINGING")
		return caller, name
	}
	caller, name := rings()
	alice.must("answer", name)
	hears(t, alice.Client, "onAttach", name)
	hears(t, alice.Client, "callState", name, "ACTIVE")
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	second, other := rings() // two at once
	alice.must("hangup", other, "USER_BUSY")
	hears(t, alice.Client, "onHangup", other, "USER_BUSY")
	if cause := bridgetest.Await[bridgetest.Hangup](t, second.Leg).Cause; cause.Status != 486 {
		t.Errorf("the second caller hears %v", cause)
	}
	third, other := rings()
	alice.must("hangup", other)
	if cause := bridgetest.Await[bridgetest.Hangup](t, third.Leg).Cause; cause.Status != 603 {
		t.Errorf("the third caller hears %v", cause)
	}
	alice.must("hangup", name)
	hears(t, alice.Client, "onHangup", other, "CALL_REJECTED")
	hears(t, alice.Client, "onHangup", name, "NORMAL_CLEARING")
	alice.must("unregister")
	if cause := bridgetest.Await[bridgetest.Hangup](t, w.callAlice().Leg).Cause; cause.Status != 404 {
		t.Errorf("who calls now hears %v", cause)
	}
}

// TestFreeswitchLooks offers pictures in calls that want them, and takes them once it is said that they are wanted.
func TestFreeswitchLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for said, wanted := range map[any]bool{"true": true, true: true, "false": false, false: false} {
		caller := loginFS(t, w)
		caller.Call("makeCall", "phone", "", amf.Object{Properties: []amf.Property{{Name: "wantVideo", Value: said}}})
		if _, shows := w.phone.AwaitDial(t).Request.Offer.First(transcode.Video); shows != wanted {
			t.Errorf("with wantVideo %v pictures are offered: %t", said, shows)
		}
		caller.Close()
	}
	alice := loginFS(t, w)
	for _, looks := range []bool{true, false} {
		alice.must("receiveVideo", looks)
		offer := bridgetest.Audio(bridgetest.PCMU())
		offer.Media = append(offer.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{{
			Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: 99,
			Parameters: "profile-level-id=42e01f;packetization-mode=1",
		}}})
		caller := bridgetest.NewIncoming(bridge.Request{To: "sip:alice@test", Offer: &offer}, bridge.LegInfo{})
		w.exchange.Accept(caller)
		call := alice.Await("incomingCall")
		if more, ok := call.Args[4].(amf.Object); !ok || more.Text("want_video") != "true" {
			t.Errorf("incomingCall says %+v", call)
		}
		alice.must("answer", call.Args[0])
		answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
		if _, shows := answer.First(transcode.Video); shows != looks {
			t.Errorf("with receiveVideo(%v) the answer is %+v", looks, answer)
		}
		alice.must("hangup", call.Args[0])
	}
}

// TestFreeswitchSubscribes places a call by FCSubscribe, which wants sound and pictures, whatever was said before.
func TestFreeswitchSubscribes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	alice.must("receiveAudio", false)
	alice.Play("play")
	transaction := alice.Call("FCSubscribe", "phone")
	phone := w.phone.AwaitDial(t)
	if made := alice.Await("onMakeCall"); made.Transaction != transaction || made.Args[1] != "phone" {
		t.Errorf("onMakeCall says %+v", made)
	}
	if _, shows := phone.Request.Offer.First(transcode.Video); !shows {
		t.Error("no pictures are offered")
	}
	phone.Emit(answered())
	phone.FakeMedia().AwaitPlugged(t, transcode.Audio)
	deliver(t, phone.FakeMedia(), 0, 20)
	alice.AwaitHeard(10)
}

// TestFreeswitchAttach hears one of two calls, and speaks into it.
func TestFreeswitchAttach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	stream, played := alice.Publish("publish"), alice.Stream()
	mustStatus(t, alice.Client, alice.CallOn(played, "play", "play"), "NetStream.Play.Reset", "play")
	alice.AwaitStatus("NetStream.Play.Start")
	if data := alice.AwaitControl(chunk.Data0); data.StreamID != played {
		t.Errorf("data comes on stream %d", data.StreamID)
	}
	var names []string
	var phones []bridgetest.Dialled
	for range 2 {
		names = append(names, alice.makeCall())
		phone := w.phone.AwaitDial(t)
		phone.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		hears(t, alice.Client, "callState", names[len(names)-1], "ACTIVE")
		phones = append(phones, phone)
	}
	for place := range 2 {
		alice.must("attach", names[place])
		hears(t, alice.Client, "onAttach", names[place])
		before := len(phones[1-place].FakeMedia().Sent(transcode.Audio))
		speakSpeex(t, alice.Client, stream, 20)
		phones[place].FakeMedia().AwaitSent(t, transcode.Audio, 10)
		if after := len(phones[1-place].FakeMedia().Sent(transcode.Audio)); after != before {
			t.Errorf("the other call hears %d packets", after-before)
		}
	}
	alice.must("attach", "")
	hears(t, alice.Client, "onAttach", "")
	alice.fails("no such call", "sendDTMF", "1")
}

// speakSpeex says so many frames of silence.
func speakSpeex(t *testing.T, client *rtmptest.Client, stream uint32, count int) {
	t.Helper()
	const rate = 16000
	speex := transcode.Format{Codec: transcode.Codec{Name: "speex", ClockRate: rate}}
	encoder, err := transcode.NewEncoder(speex, rate, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for number := range count {
		payload := make([]byte, 500)
		payload[0] = 0xb2
		size, err := encoder.Encode(make([]int16, rate/50), payload[1:])
		if err != nil {
			t.Fatal(err)
		}
		client.Speak(stream, uint32(number*20), payload[:1+size])
	}
}

// TestFreeswitchTransfers gives a call away, and joins two.
func TestFreeswitchTransfers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := loginFS(t, w)
	name := alice.makeCall()
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	hears(t, alice.Client, "callState", name, "ACTIVE")
	alice.fails("404 Not Found", "transfer", name, "nobody")
	if answer := alice.Ask("transfer", name, "echo"); answer.Name != "_result" {
		t.Errorf("transfer is answered %+v", answer)
	}
	hears(t, alice.Client, "onHangup", name, "NORMAL_CLEARING")
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})

	var names []string
	var phones []bridgetest.Dialled
	for range 2 {
		names = append(names, alice.makeCall())
		phones = append(phones, w.phone.AwaitDial(t))
		phones[len(phones)-1].Emit(answered())
		hears(t, alice.Client, "callState", names[len(names)-1], "ACTIVE")
	}
	alice.must("join", names[0], names[1])
	bridgetest.Eventually(t, "both of her calls are over", func() bool { return alice.Said("onHangup") == 3 })
	deliver(t, phones[0].FakeMedia(), 0, 5)
	phones[1].FakeMedia().AwaitSent(t, transcode.Audio, 5)
	if phones[0].Ended() || phones[1].Ended() {
		t.Error("one of the phones is hung up")
	}
}

// TestFreeswitchFails has what fails: each is answered, where FreeSWITCH stayed silent.
func TestFreeswitchFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.MaxPerAddress = 100 })
	stranger := dialFS(t, w)
	for _, command := range []string{"makeCall", "register", "unregister", "logout"} {
		stranger.fails("not logged in", command, "phone")
	}
	hears(t, stranger.Client, "onHangup", "", "CALL_REJECTED")
	for _, wrong := range [][]any{
		{"alice@test", stranger.hash("alice@test", "wrong")},
		{"nobody@test", stranger.hash("nobody@test", "secret")},
		{"alice@elsewhere", stranger.hash("alice@elsewhere", "secret")},
		{"alice@test"},
		{},
		{"alice@test", "secret"},
		{"alice@test", fmt.Sprintf("%x", md5.Sum([]byte("other:alice@test:secret")))},
	} {
		stranger.fails("wrong name or password, or an account whose password is not kept here", "login", wrong...)
		hears(t, stranger.Client, "onLogin", "failure", nil, nil)
	}
	if w.phone.Dials() > 0 {
		t.Error("a stranger calls")
	}
	alice := dialFS(t, w)
	alice.must("login", "alice", alice.hash("alice@test", "secret")) // the domain of the URL
	for _, test := range [][]any{
		{"bad arguments", "makeCall", "ph one"},
		{"not logged in", "makeCall", "phone", "bob@test"},
		{"no such call", "answer", "x"},
		{"no such call", "hangup", "x"},
		{"no such call", "transfer", "x", "phone"},
		{"bad arguments", "transfer", "x", "\r\n"},
		{"no such call", "join", "x", "y"},
		{"no such call", "sendDTMF", "1"},
		{"bad arguments", "sendDTMF", ""},
		{"bad arguments", "sendDTMF", strings.Repeat("1", 33)},
		{"no such call", "three_way", "x", "y"},
		{"no such call", "sendevent"},
		{"not supported", "sendevent", amf.Object{Properties: []amf.Property{{Name: "_body", Value: "x"}}}},
		{"not supported", "bogus"},
	} {
		alice.fails(fmt.Sprint(test[0]), fmt.Sprint(test[1]), test[2:]...)
	}
	for _, good := range []string{
		"attach", "receiveAudio", "receiveVideo", "initStream", "log", "releaseStream", "FCPublish",
	} {
		alice.must(good)
	}
	name := alice.makeCall()
	alice.fails("not in this state of the call", "transfer", name, "echo")
	for range 7 {
		alice.Call("makeCall", "phone")
	}
	alice.fails("too many calls", "makeCall", "phone")
	alice.must("logout", "alice@test")
	hears(t, alice.Client, "onLogout", "alice", "test")
	if said := alice.Said("onHangup"); said < 8 {
		t.Errorf("%d calls have ended", said)
	}
}
