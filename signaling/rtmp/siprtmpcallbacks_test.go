package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
)

// hears awaits a callback with these arguments.
func hears(t *testing.T, client *rtmptest.Client, name string, args ...any) rtmptest.Command {
	t.Helper()
	heard := client.Await(name)
	if len(heard.Args) != len(args) {
		t.Fatalf("%s says %v, not %v", name, heard.Args, args)
	}
	for i, want := range args {
		if heard.Args[i] != want {
			t.Errorf("%s says %v, not %v", name, heard.Args, args)
		}
	}
	return heard
}

// TestSiprtmpCallbacks has the rows of what clients are told, in their exact form.
func TestSiprtmpCallbacks(t *testing.T) {
	t.Parallel()
	const carol, herself = `"Carol" <sip:carol@test>`, `"alice" <sip:alice@test>`
	playAll(t, []scene{
		{"invited, then cancelled with the same words; transactions are 2, 3", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			caller := w.callAlice()
			first := hears(t, alice, "invited", carol, herself)
			caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
			second := hears(t, alice, "cancelled", carol, herself)
			if first.Transaction != 2 || second.Transaction != 3 || first.Type != chunk.Command0 {
				t.Errorf("the transactions are %v and %v", first.Transaction, second.Transaction)
			}
		}},
		{"the caller hears that it rings", func(t *testing.T, w *world) { // siprtmp sent no 180
			t.Helper()
			login(t, w)
			bridgetest.Await[bridgetest.Ring](t, w.callAlice().Leg)
		}},
		{"accepted in a call to it", func(t *testing.T, w *world) {
			t.Helper()
			alice, _ := rung(t, w)
			alice.Call("accept", "wideband", "pcmu")
			hears(t, alice, "accepted", "pcmu", nil)
		}},
		{"accepted without codecs", func(t *testing.T, w *world) {
			t.Helper()
			alice, _ := rung(t, w)
			alice.Call("accept")
			hears(t, alice, "accepted")
		}},
		{"accepted in its own call, and what it named", func(t *testing.T, w *world) {
			t.Helper()
			alice, _ := callPhone(t, w, "wideband", "narrowband", "pcmu", "pcma", "ulaw", "alaw", "dtmf")
			hears(t, alice, "accepted", "pcmu", nil)
		}},
		{"ulaw means Speex for Flash and G.711 for the phone", func(t *testing.T, w *world) {
			t.Helper()
			alice, _ := callPhone(t, w, "ulaw")
			hears(t, alice, "accepted", "speex", nil)
		}},
		{"rejected", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			for status, want := range map[int]string{
				486: "486 Busy Here", 408: "408 Request Timeout", 503: "503 Service Unavailable", 603: "603 Decline",
			} {
				alice.Call("invite", "phone", "pcmu")
				w.phone.AwaitDial(t).Emit(bridge.Ended{Cause: bridge.Cause{Status: status}})
				hears(t, alice, "rejected", want)
			}
		}},
		{"byed", func(t *testing.T, w *world) {
			t.Helper()
			alice, phone := callPhone(t, w)
			phone.Emit(bridge.Ended{Cause: bridge.Normal()})
			hears(t, alice, "byed")
		}},
		{"ringing, once for each response", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			alice.Call("invite", "phone", "pcmu")
			phone := w.phone.AwaitDial(t)
			phone.Emit(bridge.Ringing{})
			hears(t, alice, "ringing", "180 Ringing")
			phone.Emit(bridge.Ringing{Early: new(bridgetest.Audio(bridgetest.PCMU()))})
			hears(t, alice, "ringing", "183 Session Progress")
		}},
		{"holded: sendonly and inactive, not only c=0.0.0.0", func(t *testing.T, w *world) { // siprtmp: holded(false)
			t.Helper()
			alice, phone := callPhone(t, w)
			for direction, want := range map[bridge.Direction]bool{bridge.SendOnly: true, bridge.Inactive: true} {
				phone.Emit(bridge.DirectionChanged{Direction: direction})
				hears(t, alice, "holded", want)
				phone.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
				hears(t, alice, "holded", false)
			}
		}},
		{"a second call during one is told, and can be rejected", func(t *testing.T, w *world) {
			t.Helper()
			alice, phone := callPhone(t, w)
			alice.Await("accepted")
			caller := w.callAlice()
			hears(t, alice, "invited", carol, herself)
			alice.Call("reject", "486 Busy Here")
			if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 486 {
				t.Errorf("the second caller hears %v", cause)
			}
			phone.Emit(bridge.Ended{Cause: bridge.Normal()})
			alice.Await("byed")
		}},
	})
}

// TestSiprtmpStreams has the rows of streams and their status codes.
func TestSiprtmpStreams(t *testing.T) {
	t.Parallel()
	playAll(t, []scene{
		{"publish and play, by the transaction that asked", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			stream := alice.Stream()
			mustStatus(t, alice, alice.CallOn(stream, "publish", "local?x=y", "live"), "NetStream.Publish.Start", "local")
			mustStatus(t, alice, alice.CallOn(stream, "play", "remote"), "NetStream.Play.Start", "remote")
		}},
		{"play before there is a call", func(t *testing.T, w *world) { // siprtmp said nothing
			t.Helper()
			alice := login(t, w)
			mustStatus(t, alice, alice.CallOn(alice.Stream(), "play", "remote"), "NetStream.Play.Start", "remote")
		}},
		{"a name that is in use", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			first, second := alice.Publish("local"), alice.Stream()
			const bad = "NetStream.Publish.BadName"
			mustStatus(t, alice, alice.CallOn(second, "publish", "local"), bad, "Stream name already in use")
			alice.CallOn(first, "closeStream")
			mustStatus(t, alice, alice.CallOn(second, "publish", "local"), "NetStream.Publish.Start", "local")
		}},
		{"a name that deleteStream gave back", func(t *testing.T, w *world) { // siprtmp: BadName for ever
			t.Helper()
			alice := login(t, w)
			alice.Ask("deleteStream", float64(alice.Publish("local")))
			alice.Publish("local")
		}},
		{"closeStream first, then publish twice on one stream", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			stream := alice.Stream()
			alice.CloseStream(stream)
			for range 2 {
				mustStatus(t, alice, alice.CallOn(stream, "publish", "local"), "NetStream.Publish.Start", "local")
				alice.CloseStream(stream)
			}
		}},
		{"seek", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			stream := alice.Play("remote")
			mustStatus(t, alice, alice.CallOn(stream, "seek", 1000.0), "NetStream.Seek.Failed", "The stream is live")
		}},
		{"SetBufferLength is answered with StreamBegin", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			stream := alice.Stream()
			alice.Send(chunk.ControlStream, chunk.Event(chunk.SetBufferLength, stream, 300))
			alice.AwaitEvent(chunk.StreamBegin, stream)
		}},
		{"streams have a limit", func(t *testing.T, w *world) {
			t.Helper()
			alice := login(t, w)
			for range 16 {
				alice.Stream()
			}
			if answer := alice.Ask("createStream"); answer.Name != "_error" ||
				info(t, answer).Text("code") != "NetConnection.Call.Failed" {
				t.Errorf("the 17th is answered %+v", answer)
			}
		}},
	})
}

func mustStatus(t *testing.T, client *rtmptest.Client, transaction float64, code, description string) {
	t.Helper()
	status := client.Await("onStatus")
	object, ok := status.Args[0].(amf.Object)
	if !ok || status.Transaction != transaction || object.Text("code") != code ||
		object.Text("description") != description {
		t.Errorf("onStatus says %+v, not %s %q to %v", status, code, description, transaction)
	}
}

// TestSiprtmpDisconnect has the rows of clients that vanish.
func TestSiprtmpDisconnect(t *testing.T) {
	t.Parallel()
	gone := func(t *testing.T, w *world) {
		t.Helper()
		bridgetest.Eventually(t, "she is gone", func() bool { return w.server.Stats().Users == 0 })
		if targets, _ := w.server.Lookup("alice", "test"); len(targets) > 0 {
			t.Error("she can be called")
		}
	}
	playAll(t, []scene{
		{"in a call", func(t *testing.T, w *world) {
			t.Helper()
			alice, phone := callPhone(t, w)
			alice.Await("accepted")
			alice.Close()
			if cause := bridgetest.Await[bridgetest.Hangup](t, phone.Leg).Cause; cause.Status != 200 {
				t.Errorf("the phone hears %v", cause)
			}
			gone(t, w)
		}},
		{"while its call rings", func(t *testing.T, w *world) { // siprtmp let the phone ring on
			t.Helper()
			alice := login(t, w)
			alice.Call("invite", "phone", "pcmu")
			phone := w.phone.AwaitDial(t)
			alice.Close()
			if cause := bridgetest.Await[bridgetest.Hangup](t, phone.Leg).Cause; cause.Status != 487 {
				t.Errorf("the phone hears %v", cause)
			}
			gone(t, w)
		}},
		{"while another's call rings", func(t *testing.T, w *world) {
			t.Helper()
			alice, caller := rung(t, w)
			alice.Close()
			if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 480 {
				t.Errorf("the caller hears %v", cause)
			}
			gone(t, w)
		}},
	})
}
