package clicktocall

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// button is a world with one button, and what is called by it.
func button(t *testing.T, change func(*Options)) (*world, *bridgetest.Endpoint, *Router) {
	t.Helper()
	w := newWorld(t, func(o *Options) {
		o.Buttons = []Button{{To: "sip:alice@example.com", Origins: []string{shop}}}
		if change != nil {
			change(o)
		}
	})
	callee := bridgetest.NewEndpoint("alice")
	return w, callee, w.Router(bridgetest.RouteTo(callee))
}

// guest asks for a call and gives the guest's user and the answer.
func (w *world) guest(origin, to string) (user string, got answer) {
	w.t.Helper()
	status, got := w.ask(origin, with("req_call", "to", to))
	if status != 200 || got.To != "sip:button@example.com" || got.WebSocket != "/ws" {
		w.t.Fatalf("%s may not call %s: %d %+v", origin, to, status, got)
	}
	return strings.TrimPrefix(got.From, "sip:"), got
}

func TestGuestReachesHisAddressOnly(t *testing.T) {
	t.Parallel()
	w, callee, router := button(t, nil)
	user, got := w.guest(shop, "alice@example.com")
	if guest, ok := w.Authorize(got.Token); !ok || guest.User != user || !w.IsGuest(user) {
		t.Fatalf("the token is for %+v", guest)
	}
	if !w.MayConnect(shop, got.Token) || w.MayConnect("https://evil.example", got.Token) || w.MayConnect(shop, "x") {
		t.Error("the token is good for other sites, or not for its own")
	}
	request := bridge.Request{
		Origin: bridge.OriginUser, User: user, To: "sip:button@example.com",
		From:     bridge.Party{Name: "The Bank", URI: "sip:" + user},
		Asserted: bridge.Party{URI: "sip:boss@example.com"}, Headers: []bridge.Header{{Name: "X-Role", Value: "boss"}},
	}
	for _, to := range []string{"sip:bob@example.com", "sip:0900@trunk", "sip:alice@example.com"} {
		elsewhere := request
		elsewhere.To = to
		if _, err := router.Route(elsewhere); bridge.CauseOf(err).Status != 403 {
			t.Errorf("a guest calls %s: %v", to, err)
		}
	}
	if w.Stats().Strayed != 3 {
		t.Errorf("%+v", w.Stats())
	}
	user, _ = w.guest(shop, "alice@example.com") // the other one has no tries left
	request.User = user
	targets, err := router.Route(request)
	if err != nil || len(targets) != 1 || targets[0].URI != "sip:alice@example.com" {
		t.Fatalf("%v, %v", targets, err)
	}
	targets[0].Endpoint.Dial(request)
	dialled := callee.AwaitDial(t).Request
	if dialled.From.Name != "Visitor of shop.example" || dialled.From.URI != "sip:"+user ||
		dialled.Asserted.URI != "" || dialled.Headers != nil {
		t.Errorf("the callee sees %+v", dialled)
	}
}

func TestOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	_, callee, router := button(t, nil)
	request := bridge.Request{User: "bob@example.com", Origin: bridge.OriginUser, To: "sip:carol@example.com"}
	targets, err := router.Route(request)
	if err != nil || targets[0].Endpoint != bridge.Endpoint(callee) || targets[0].URI != request.To {
		t.Errorf("%+v, %v", targets, err)
	}
}

func TestGuestsAreBounded(t *testing.T) {
	t.Parallel()
	w, _, router := button(t, func(o *Options) { o.CallsAtOnce = 2 })
	call := func(user string) int {
		record := bridge.CallRecord{CallerUser: user}
		w.CallStarted(record)
		_, err := router.Route(bridge.Request{User: user, Origin: bridge.OriginUser, To: "sip:button@example.com"})
		if err == nil {
			return 0
		}
		w.CallEnded(record)
		return bridge.CauseOf(err).Status
	}
	over := func(user string) {
		w.CallEnded(bridge.CallRecord{CallerUser: user})
	}
	first, _ := w.guest(shop, "alice@example.com")
	second, _ := w.guest(shop, "alice@example.com")
	third, got := w.guest(shop, "alice@example.com")
	if call(first) != 0 || call(second) != 0 || call(third) != 486 {
		t.Error("more guests call than may")
	}
	if call(second) != 486 || call(third) != 486 {
		t.Error("a call that was refused gives the place of another one away")
	}
	over(first)
	if call(third) != 0 || call(first) != 486 {
		t.Error("the place of a call that is over is not given, or given twice")
	}
	if call(third) != 403 {
		t.Error("a guest has more than three tries")
	}
	over(second)
	over(third)
	w.clock.pass(3 * time.Minute)
	if _, ok := w.Authorize(got.Token); ok || call(second) != 403 || w.Stats().Guests != 0 {
		t.Error("a guest stays after his time")
	}
}

func TestWhoMayNotCall(t *testing.T) {
	t.Parallel()
	w, _, _ := button(t, nil)
	for _, test := range []struct{ origin, to string }{
		{"https://evil.example", "alice@example.com"},
		{shop, "bob@example.com"},
		{"", "alice@example.com"},
		{"null", "alice@example.com"},
		{"http://shop.example", "alice@example.com"},
		{shop, "nobody@example.org"},
		{shop, "sip:alice@example.com;maddr=192.0.2.9"},
		{shop, ""},
	} {
		if status, got := w.ask(test.origin, with("req_call", "to", test.to)); status != 403 || got.Token != "" {
			t.Errorf("%+v gives %d %+v", test, status, got)
		}
	}
	if w.Stats().Refused != 8 {
		t.Errorf("%+v", w.Stats())
	}
}

// TestOwnersWishes: an account's address is called from its sites, by its SIP address or by mail, and as its caller.
func TestOwnersWishes(t *testing.T) {
	t.Parallel()
	w, callee, router := button(t, func(o *Options) {
		o.Login = func(domain, user, ha1 string) any { return domain + " " + user + " " + ha1 }
	})
	const email = "owner@example.org"
	token := passwordToken(w.account(email), email)
	ha1 := strings.Repeat("ab", 16)
	address := map[string]any{"address": "owner@example.com"}
	for _, body := range []string{
		with("req_account_sip_add", "email", email, "auth_token", token, "sip", address),
		with("req_account_origin_add", "email", email, "auth_token", token, "origin", "https://own.example"),
		with("req_account_sip_caller_add", "email", email, "auth_token", token, "display_name", "Web",
			"impu", "sip:other@elsewhere.example", "impi", "x", "realm", "elsewhere.example", "account_sip_id", 1, "ha1", ha1),
		with("req_account_sip_caller_add", "email", email, "auth_token", token, "display_name", "Web",
			"impu", "sip:web@example.com", "impi", "web", "realm", "example.com", "account_sip_id", 1, "ha1", ha1),
	} {
		if status, got := w.ask("", body); status != 200 {
			t.Fatalf("%s gives %d %+v", body, status, got)
		}
	}
	if status, _ := w.ask(shop, with("req_call", "to", "owner@example.com")); status != 403 {
		t.Errorf("another's site gets %d", status)
	}
	for _, to := range []string{"owner@example.com", "sip:owner@EXAMPLE.com", email} {
		user, _ := w.guest("https://own.example", to)
		request := bridge.Request{User: user, Origin: bridge.OriginUser, To: "sip:button@example.com"}
		targets, err := router.Route(request)
		if err != nil || targets[0].URI != "sip:owner@example.com" {
			t.Fatalf("%+v, %v", targets, err)
		}
		targets[0].Endpoint.Dial(request)
		dialled := callee.AwaitDial(t).Request
		if dialled.From != (bridge.Party{Name: "Web", URI: "sip:web@example.com"}) || dialled.User != "web@example.com" ||
			dialled.Login != "example.com web "+ha1 {
			t.Errorf("the server sees %+v", dialled)
		}
	}
	w.options.Allowed = func(string) bool { return false }
	if status, _ := w.ask("https://own.example", with("req_call", "to", email)); status != 403 {
		t.Errorf("an address that may not be called any more gives %d", status)
	}
}

// metered is an endpoint that counts for itself.
type metered struct{ *bridgetest.Endpoint }

func (metered) Metered(bridge.Request) bool { return true }

func TestMeteredStaysMetered(t *testing.T) {
	t.Parallel()
	w, callee, _ := button(t, nil)
	user, _ := w.guest(shop, "alice@example.com")
	for endpoint, want := range map[bridge.Endpoint]bool{metered{callee}: true, callee: false} {
		targets, err := w.Router(bridgetest.RouteTo(endpoint)).Route(
			bridge.Request{User: user, Origin: bridge.OriginUser, To: "sip:button@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		guarded, ok := targets[0].Endpoint.(bridge.Metered)
		if is := ok && guarded.Metered(bridge.Request{}); is != want {
			t.Errorf("metered is %v, not %v", is, want)
		}
		w.CallEnded(bridge.CallRecord{CallerUser: user})
	}
	var refused refusal
	if !errors.As(errStray, &refused) || refused.status != Denied {
		t.Error(errStray)
	}
}

// TestGuestsAreToldOfRelays with credentials of their own, by the addresses between which they asked.
func TestGuestsAreToldOfRelays(t *testing.T) {
	t.Parallel()
	var told []Guest
	w, _, _ := button(t, func(o *Options) {
		o.ICEServers = func(local, peer netip.Addr, guest Guest) json.RawMessage {
			told = append(told, guest)
			return fmt.Appendf(nil, `[{"urls":["turn:%s"],"username":%q}]`, local, peer)
		}
	})
	w.local = &net.TCPAddr{IP: net.ParseIP("::ffff:198.51.100.1"), Port: 443}
	user, got := w.guest(shop, "alice@example.com")
	if want := `[{"urls":["turn:198.51.100.1"],"username":"192.0.2.1"}]`; string(got.ICEServers) != want {
		t.Errorf("%s", got.ICEServers)
	}
	if len(told) != 1 || told[0].User != user || told[0].Until.Unix() != got.Expires {
		t.Errorf("relays for %+v", told)
	}
	if status, got := w.ask("https://evil.example", with("req_call", "to", "alice@example.com")); got.ICEServers != nil {
		t.Errorf("who may not call is told of relays: %d %+v", status, got)
	}
}
