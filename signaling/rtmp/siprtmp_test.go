package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
)

// scene is one row of the API of siprtmp: what a client does, and what it hears.
type scene struct {
	name string
	play func(t *testing.T, w *world)
}

func playAll(t *testing.T, scenes []scene, change ...func(*rtmp.Options)) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(t, newWorld(t, change...))
		})
	}
}

// TestSiprtmpConnect has the rows of connect.
func TestSiprtmpConnect(t *testing.T) {
	t.Parallel()
	rejected := func(want, app string, args ...any) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			client := rtmptest.Dial(t, w.address, rtmptest.Options{})
			answer := client.Connect(app, args...)
			object := info(t, answer)
			if answer.Name != "_error" || answer.Transaction != 1 || object.Text("level") != "status" ||
				object.Text("code") != "NetConnection.Connect.Rejected" || object.Text("description") != want {
				t.Errorf("it hears %+v", answer)
			}
			client.Call("invite", "phone", "pcmu")
			client.AwaitEnd() // siprtmp said it twice, left the connection open, and let the client call
			if said := len(client.Commands()); said != 1 || w.phone.Dials() > 0 {
				t.Errorf("it hears %+v, and calls", client.Commands())
			}
		}
	}
	playAll(t, []scene{
		{"success", connects},
		{"wrong password", rejected("403 Forbidden", "sip/alice@test", "alice", "wrong")},
		{"unknown domain", rejected("403 Forbidden", "sip/alice@elsewhere.test", "alice", "secret")},
		{"no password, where strangers may not call", rejected("401 Unauthorized", "sip/alice@test")},
		{"no address", rejected("Missing app path", "sip", "alice", "secret")},
		{"another application", rejected("Application not found: chat", "chat/alice@test", "alice", "secret")},
		{"no URI", rejected("Invalid URI", "sip/alice@te st", "alice", "secret")},
		{"five arguments", rejected("Exception on onConnect", "sip/alice@test", "alice", "secret", "A", "narrowband", 1.0)},
		{"another encoding", func(t *testing.T, w *world) {
			t.Helper()
			client := rtmptest.Dial(t, w.address, rtmptest.Options{})
			object := amf.Object{Properties: []amf.Property{
				{Name: "app", Value: "sip/alice@test"}, {Name: "objectEncoding", Value: 7.0},
			}}
			body := encode(t, "connect", 1.0, object, "alice", "secret")
			client.Send(3, chunk.Message{Type: chunk.Command0, Payload: body})
			if why := info(t, client.AwaitAnswer(1)).Text("description"); why != "Unsupported encoding 7" {
				t.Errorf("it hears %q", why)
			}
		}},
		{"an address with more behind it", func(t *testing.T, w *world) { // siprtmp: "Invalid URI"
			t.Helper()
			rtmptest.Login(t, w.address, "alice@test/72812", "secret")
			w.callAlice()
		}},
		{"a second client of one address", func(t *testing.T, w *world) { // siprtmp left the first one dead
			t.Helper()
			first, second := login(t, w), login(t, w)
			caller := w.callAlice()
			first.Await("invited")
			second.Await("invited")
			first.Call("accept", "pcmu")
			second.Await("cancelled")
			bridgetest.Await[bridgetest.Answer](t, caller.Leg)
			if first.Ask("nothing").Name != "_result" || second.Ask("nothing").Name != "_result" {
				t.Error("one of them is gone")
			}
		}},
	})
}

func login(t *testing.T, w *world) *rtmptest.Client {
	t.Helper()
	return rtmptest.Login(t, w.address, "alice@test", "secret")
}

func connects(t *testing.T, w *world) {
	t.Helper()
	client := rtmptest.Dial(t, w.address, rtmptest.Options{})
	answer := client.Connect("sip/alice@test", "alice", "secret", "Alice of <Test>\r\n", "narrowband")
	object := info(t, answer)
	if answer.Name != "_result" || answer.Transaction != 1 || answer.Type != chunk.Command0 ||
		object.Text("level") != "status" || object.Text("code") != "NetConnection.Connect.Success" ||
		object.Text("description") != "Connection succeeded." || object.Text("fmsVer") == "" {
		t.Errorf("it hears %+v", answer)
	}
	if _, err := client.AwaitControl(chunk.WindowAckSize).Number(); err != nil {
		t.Error(err)
	}
	client.Call("invite", "phone", "pcmu")
	if from := w.phone.AwaitDial(t).Request.From; from.Name != "Alice of Test" || from.URI != "sip:alice@test" {
		t.Errorf("the phone hears of %+v", from)
	}
}

// TestSiprtmpCommands has the rows of what clients say.
func TestSiprtmpCommands(t *testing.T) {
	t.Parallel()
	playAll(t, []scene{
		{"each command is answered at once, with nothing", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			for _, name := range []string{
				"invite", "accept", "reject", "bye", "sendDTMF", "hold", "bogus", "register", "unregister", "data",
				"releaseStream", "FCPublish", "FCUnpublish", "FCSubscribe", "_checkbw", "getStreamLength", "deleteStream",
			} {
				if answer := alice.Ask(name); answer.Name != "_result" || len(answer.Args) > 0 {
					t.Errorf("%s is answered %+v", name, answer)
				}
			}
			if users := w.server.Stats().Users; users != 1 { // siprtmp's register leaked a user
				t.Errorf("there are %d users", users)
			}
		}},
		{"transaction 0 wants no answer", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			alice.Send(3, chunk.Message{Type: chunk.Command0, Payload: encode(t, "bogus", 0.0, nil)})
			alice.Ask("bogus")
			if said := alice.Said("_result"); said != 2 { // connect, and the second bogus
				t.Errorf("it hears %+v", alice.Commands())
			}
		}},
		{"invite: sip:u@h", invites("sip:phone@test")},
		{"invite: u@h", invites("phone@test")},
		{"invite: a name and an address", invites(`"Phone, the" <sip:phone@test>`)},
		{"invite: a number alone is at our domain", invites("phone")}, // siprtmp: host "7140", silence
		{"invite: tel", invites("tel:phone")},                         // siprtmp: no DNS target
		{"invite: nobody named", declines("invalid dest URI", "")},
		{"invite: no such user", declines("404 Not Found", "nobody")},
		{"invite: no codec of ours", declines("488 Not Acceptable Here", "phone", "flv")},
		{"invite in a call", func(t *testing.T, w *world) {
			t.Helper()
			alice, _ := callPhone(t, w, "pcmu")
			alice.Await("accepted")
			mustDecline(t, alice, "Already in an active or pending call", "phone", "pcmu")
		}},
		{"invite while one rings", func(t *testing.T, w *world) { // siprtmp placed both
			t.Helper()
			alice := login(t, w)
			alice.Call("invite", "phone", "pcmu")
			w.phone.AwaitDial(t)
			mustDecline(t, alice, "Already in an active or pending call", "phone", "pcmu")
			if more := w.phone.Dials(); more > 0 {
				t.Errorf("the phone was called %d times more", more)
			}
		}},
		{"accept without a call", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			alice.Ask("accept", "pcmu")
			if alice.Said("accepted")+alice.Said("byed") > 0 {
				t.Errorf("it hears %+v", alice.Commands())
			}
		}},
		{"accept without a codec in common", func(t *testing.T, w *world) {
			t.Helper()
			alice, caller := rung(t, w)
			alice.Call("accept", "flv")
			if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 488 {
				t.Errorf("the caller hears %v", cause)
			}
			alice.Await("byed")
		}},
		{"reject", rejects(603, "Decline")},
		{"reject with a status", rejects(486, "Busy Here", "486 Busy Here")},
		{"reject with a text", rejects(603, "in a meeting", "in a meeting")},
		{"bye while its call rings", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			alice.Call("invite", "phone", "pcmu")
			phone := w.phone.AwaitDial(t)
			alice.Ask("bye")
			if cause := bridgetest.Await[bridgetest.Hangup](t, phone.Leg).Cause; cause.Status != 487 {
				t.Errorf("the phone hears %v", cause)
			}
			mustHearNothing(t, alice)
		}},
		{"bye in a call", func(t *testing.T, w *world) {
			t.Helper()
			alice, phone := callPhone(t, w)
			alice.Await("accepted")
			alice.Ask("bye")
			bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
			alice.Ask("nothing")
			if alice.Said("byed") > 0 {
				t.Error("who says bye is told byed")
			}
		}},
		{"bye while another's call rings", func(t *testing.T, w *world) {
			t.Helper()
			alice, caller := rung(t, w)
			alice.Ask("bye")
			alice.Call("accept", "pcmu")
			bridgetest.Await[bridgetest.Answer](t, caller.Leg)
		}},
		{"sendDTMF", func(t *testing.T, w *world) { // siprtmp sent one packet of no length
			t.Helper()
			alice, phone := callPhone(t, w)
			alice.Await("accepted")
			const keys = "0123456789*#ABCD"
			for _, key := range keys {
				alice.Call("sendDTMF", string(key))
				alice.Call("sendDTMF", "12") // not one key: passed over
			}
			for _, want := range []byte(keys) {
				key := bridgetest.Await[bridgetest.SendDTMF](t, phone.Leg).Key
				if key.Digit != want || key.Duration < 40_000_000 {
					t.Errorf("the phone gets %+v, not %c", key, want)
				}
			}
		}},
		{"hold", func(t *testing.T, w *world) {
			t.Helper()
			alice, phone := callPhone(t, w)
			alice.Await("accepted")
			for _, test := range []struct {
				hold bool
				want bridge.Direction
			}{{true, bridge.SendOnly}, {false, bridge.SendRecv}} {
				alice.Ask("hold", test.hold)
				if got := bridgetest.Await[bridgetest.SetDirection](t, phone.Leg).Direction; got != test.want {
					t.Errorf("hold(%v) makes it %v", test.hold, got)
				}
			}
		}},
	}, func(o *rtmp.Options) { o.MaxPerAddress = 100 })
}

// invites calls the phone by another of its names.
func invites(dest string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		login(t, w).Call("invite", dest, "pcmu")
		if got := w.phone.AwaitDial(t).Request.To; got != "sip:phone@test" {
			t.Errorf("%q is called", got)
		}
	}
}

func declines(want string, args ...any) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		mustDecline(t, login(t, w), want, args...)
	}
}

func mustDecline(t *testing.T, client *rtmptest.Client, want string, args ...any) {
	t.Helper()
	answer := client.Ask("invite", args...)
	if rejected := client.Await("rejected"); len(rejected.Args) != 1 || rejected.Args[0] != want {
		t.Errorf("rejected says %q, after %+v", rejected.Args, answer)
	}
}

// rung is alice with a call of Carol's ringing.
func rung(t *testing.T, w *world) (*rtmptest.Client, *bridgetest.Incoming) {
	t.Helper()
	alice := login(t, w)
	caller := w.callAlice()
	alice.Await("invited")
	return alice, caller
}

func rejects(status int, text string, args ...any) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		alice, caller := rung(t, w)
		alice.Ask("reject", args...)
		if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != status || cause.Text != text {
			t.Errorf("the caller hears %v", cause)
		}
	}
}

// mustHearNothing wants no callback.
func mustHearNothing(t *testing.T, client *rtmptest.Client) {
	t.Helper()
	client.Ask("nothing")
	for _, heard := range client.Commands() {
		if heard.Name != "_result" {
			t.Errorf("it hears %+v", heard)
		}
	}
}
