package rtmp_test

import (
	"net/netip"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// withGuests lets clients in without a password.
func withGuests(options *rtmp.Options) {
	options.Guests = true
	options.AdmitStranger = func(netip.Addr, string) error { return nil }
	options.Live.Domain = "test"
}

// guest connects without a password.
func guest(t *testing.T, w *world, app string, args ...any) *rtmptest.Client {
	t.Helper()
	client := rtmptest.Dial(t, w.address, rtmptest.Options{})
	if answer := client.Connect(app, args...); answer.Name != "_result" ||
		info(t, answer).Text("code") != "NetConnection.Connect.Success" {
		t.Fatalf("%s %v is answered %+v", app, args, answer)
	}
	return client
}

// TestGuestCalls: a client without a password calls as a stranger, by the address that it gives if that is none of
// ours, and by its name alone nobody is fooled.
func TestGuestCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		app, to string
		args    []any
		want    bridge.Party
	}{
		{"sip/carol@elsewhere.test", "phone", nil, bridge.Party{URI: "sip:carol@elsewhere.test"}},
		{"sip/carol@elsewhere.test", "phone@test", []any{"", "", "Carol\r\nX: y"}, bridge.Party{
			Name: "CarolX: y", URI: "sip:carol@elsewhere.test",
		}},
		{"sip/alice@test", "phone", []any{"alice", "", "Alice"}, bridge.Party{
			Name: "Alice", URI: "sip:anonymous@anonymous.invalid",
		}},
		{"sip", "sip:phone@test", nil, bridge.Party{URI: "sip:anonymous@anonymous.invalid"}},
	} {
		w := newWorld(t, withGuests)
		client := guest(t, w, test.app, test.args...)
		client.Call("invite", test.to, "pcmu")
		phone := w.phone.AwaitDial(t)
		if r := phone.Request; r.From != test.want || r.Origin != bridge.OriginUnknown || r.User != "" || r.Login != nil {
			t.Errorf("%s %v: the phone hears of %+v", test.app, test.args, r)
		}
		phone.Emit(answered())
		client.Await("accepted")
		speak(t, client, client.Publish("local"), 0x82, 0, 10)
		phone.FakeMedia().AwaitSent(t, transcode.Audio, 10)
	}
}

// TestGuestMayNoMore: a guest is not called, writes to nobody outside of calls, and calls only as often as strangers
// may.
func TestGuestMayNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withGuests, func(o *rtmp.Options) {
		o.AdmitStranger = func(from netip.Addr, uri string) error {
			if !from.IsLoopback() || uri != "sip:phone@test" {
				t.Errorf("%v is asked for as %s", from, uri)
			}
			return bridge.Cause{Status: 503}
		}
	})
	client := guest(t, w, "sip/alice@test?messages=true")
	mustDecline(t, client, "503 Service Unavailable", "phone", "pcmu")
	if cause := bridgetest.Await[bridgetest.Hangup](t, w.callAlice().Leg).Cause; cause.Status != 404 {
		t.Errorf("who calls alice hears %v", cause)
	}
	if answer := client.Ask("sendPagingMessage", "phone", "hello"); answer.Name != "_error" ||
		info(t, answer).Text("description") != "403 Forbidden" {
		t.Errorf("a text is answered %+v", answer)
	}
	if users := w.server.Stats().Users; users != 0 || w.phone.Dials() > 0 {
		t.Errorf("there are %d users, and %d calls", users, w.phone.Dials())
	}
}

// TestTooManyGuests leaves room for those who have a password.
func TestTooManyGuests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withGuests, func(o *rtmp.Options) { o.MaxConnections = 8 })
	first := guest(t, w, "sip")
	guest(t, w, "sip")
	third := rtmptest.Dial(t, w.address, rtmptest.Options{})
	if why := info(t, third.Connect("sip")).Text("description"); why != "503 Service Unavailable" {
		t.Errorf("the third hears %q", why)
	}
	third.AwaitEnd()
	login(t, w)
	first.Close()
	bridgetest.Eventually(t, "there is room again", func() bool { return w.server.Stats().Open == 2 })
	guest(t, w, "sip")
}
