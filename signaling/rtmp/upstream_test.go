package rtmp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/rtmptest"
)

// registrar is a server of the domain "up" whose answers the test gives: no real one refuses a client whom it has had.
type registrar struct {
	asked chan registered
	err   error // of Register
}

// registered is a registration that lasts.
type registered struct {
	account rtmp.Account
	device  bridge.Endpoint
	told    func(error)
	ended   <-chan struct{}
}

func (*registrar) Serves(host string) (string, bool) { return "up", host == "up" || host == "UP" }

func (r *registrar) Register(
	ctx context.Context, account rtmp.Account, device bridge.Endpoint, told func(error),
) error {
	if r.err != nil {
		return r.err
	}
	r.asked <- registered{account, device, told, ctx.Done()}
	<-ctx.Done()
	return nil
}

func (*registrar) Prove(account rtmp.Account) any { return account.Password }

// upstreamWorld is a world with a registrar, and a client that wants to connect to it.
func upstreamWorld(t *testing.T, fault error) (w *world, server *registrar, carol *rtmptest.Client) {
	t.Helper()
	server = &registrar{asked: make(chan registered, 4), err: fault}
	w = newWorld(t, func(o *rtmp.Options) { o.Upstreams = server })
	return w, server, rtmptest.Dial(t, w.address, rtmptest.Options{})
}

// connectUp says connect, and gives the registration that it asks for.
func connectUp(t *testing.T, server *registrar, carol *rtmptest.Client) registered {
	t.Helper()
	carol.CallConnect("sip/carol@UP", "login", "pass", "Carol")
	return <-server.asked
}

// TestUpstream connects when the server has registered the client, and not before; then calls go out with the client's
// own proof, and come in.
func TestUpstream(t *testing.T) {
	t.Parallel()
	w, server, carol := upstreamWorld(t, nil)
	r := connectUp(t, server, carol)
	if want := (rtmp.Account{Name: "carol", Domain: "up", Login: "login", Password: "pass"}); r.account != want {
		t.Errorf("registered is %+v", r.account)
	}
	if len(carol.Commands()) > 0 {
		t.Errorf("she hears %+v before the server has said anything", carol.Commands())
	}
	r.told(nil)
	if answer := carol.AwaitAnswer(1); answer.Name != "_result" {
		t.Errorf("she hears %+v", answer)
	}
	carol.Call("invite", "sip:phone@test", "pcmu")
	request := w.phone.AwaitDial(t).Request
	if request.User != "carol@up" || request.From.URI != "sip:carol@up" || request.From.Name != "Carol" ||
		request.Login != "pass" || request.Origin != bridge.OriginUser {
		t.Errorf("the call is %+v", request)
	}
	carol.Call("bye")
	offer := bridgetest.Audio(bridgetest.PCMU())
	leg := r.device.Dial(bridge.Request{From: bridge.Party{URI: "sip:dave@up"}, To: "sip:carol@up", Offer: &offer})
	hears(t, carol, "invited", "<sip:dave@up>", `"Carol" <sip:carol@up>`)
	if _, ok := (<-leg.Events()).(bridge.Ringing); !ok {
		t.Error("it does not ring")
	}
	if targets, known := w.server.Lookup("carol", "up"); known || len(targets) > 0 {
		t.Error("she is a user of ours")
	}
	carol.Close()
	<-r.ended
	bridgetest.Eventually(t, "she is gone", func() bool { return w.server.Stats().Open == 0 })
}

// TestUpstreamRefuses tells why the server does not register a client.
func TestUpstreamRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{bridge.Cause{Status: 403, Text: "Forbidden"}, "403 Forbidden"},
		{bridge.Cause{Status: 401, Text: "Unauthorized"}, "403 Forbidden"}, // it had the password
		{bridge.Cause{Status: 408}, "408 Request Timeout"},
		{bridge.Cause{Status: 503, Text: "Full\r\nX: y"}, "503 FullX: y"},
	} {
		w, server, carol := upstreamWorld(t, nil)
		r := connectUp(t, server, carol)
		r.told(test.err)
		answer := carol.AwaitAnswer(1)
		if why := info(t, answer).Text("description"); answer.Name != "_error" || why != test.want {
			t.Errorf("%v is told as %+v", test.err, answer)
		}
		carol.AwaitEnd()
		<-r.ended
		if users := w.server.Stats().Users; users != 0 {
			t.Errorf("%d users", users)
		}
	}
	_, _, carol := upstreamWorld(t, errors.New("no such server"))
	if answer := carol.Connect("sip/carol@up", "login", "pass"); answer.Name != "_error" {
		t.Errorf("she hears %+v", answer)
	}
}

// TestUpstreamFailsLater tells a client that it is not registered any more, and again; and ends the connection of one
// that the server does not know any more.
func TestUpstreamFailsLater(t *testing.T) {
	t.Parallel()
	_, server, carol := upstreamWorld(t, nil)
	r := connectUp(t, server, carol)
	for _, outcome := range []error{
		nil, nil, bridge.Cause{Status: 503}, bridge.Cause{Status: 408}, nil, bridge.Cause{Status: 403},
	} {
		r.told(outcome)
	}
	for _, want := range []string{
		"SIP.Registration.Failed 503 Service Unavailable", "SIP.Registration.Success Registered.",
		"NetConnection.Connect.Rejected 403 Forbidden",
	} {
		object, ok := carol.Await("onStatus").Args[0].(amf.Object)
		if got := object.Text("code") + " " + object.Text("description"); !ok || got != want {
			t.Errorf("she hears %q, not %q", got, want)
		}
	}
	carol.AwaitEnd()
	<-r.ended
}

// TestUpstreamIsGuarded lets no client guess passwords at a server, ask twice, or be registered when it has gone.
func TestUpstreamIsGuarded(t *testing.T) {
	t.Parallel()
	w, server, carol := upstreamWorld(t, nil)
	for range 5 {
		client := rtmptest.Dial(t, w.address, rtmptest.Options{})
		connectUp(t, server, client).told(bridge.Cause{Status: 403})
		client.AwaitEnd()
	}
	if answer := carol.Connect("sip/carol@up", "login", "pass"); answer.Name != "_error" || len(server.asked) > 0 {
		t.Errorf("the sixth hears %+v", answer)
	}
	w, server, carol = upstreamWorld(t, nil)
	r := connectUp(t, server, carol)
	carol.CallConnect("sip/carol@up", "login", "pass")
	carol.AwaitEnd()
	<-r.ended
	r.told(nil) // the server's answer comes late
	if users := w.server.Stats().Users; users != 0 {
		t.Errorf("%d users", users)
	}
}

// TestUpstreamCredentials: nothing goes to a server that could add a line to a header, or fill one.
func TestUpstreamCredentials(t *testing.T) {
	t.Parallel()
	w, server, _ := upstreamWorld(t, nil)
	for _, login := range []string{"carol\r\nX: y", "carol\n", "a\x00b", "\xff", strings.Repeat("x", 257)} {
		for _, args := range [][]any{{login, "pass"}, {"carol", login}} {
			client := rtmptest.Dial(t, w.address, rtmptest.Options{})
			if answer := client.Connect("sip/carol@up", args...); answer.Name != "_error" ||
				info(t, answer).Text("description") != "403 Forbidden" {
				t.Errorf("%q is answered %+v", args, answer)
			}
			client.Close()
		}
	}
	if len(server.asked) > 0 {
		t.Errorf("the server is asked by %+v", <-server.asked)
	}
}
