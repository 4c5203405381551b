package route_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/route"
)

// TestOwner: whose number it is, is said by the rules also of who is not registered.
func TestOwner(t *testing.T) {
	t.Parallel()
	router, err := route.New(newWorld().options(
		route.Rule{From: "trunk:carrier.test", Match: `^sip:\+4930@`, To: "user:bob"},
		route.Rule{From: "trunk:carrier.test", Match: `^sip:\+49(\d+)@`, To: "user:$1@other.test"},
		route.Rule{From: "users", Match: `^sip:echo@`, To: "builtin:echo"},
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		request bridge.Request
		want    string
	}{
		{trunk("carrier.test", "sip:+4930@home.test"), "bob@home.test"},
		{trunk("carrier.test", "sip:%2B4930@home.test"), "bob@home.test"},
		{trunk("carrier.test", "sip:+4931@home.test"), "31@other.test"},
		{trunk("pbx.test", "sip:+4930@home.test"), ""},
		{user("sip:echo@home.test"), ""},
		{user(""), ""},
	} {
		name, domain, ok := router.Owner(test.request)
		got := ""
		if ok {
			got = name + "@" + domain
		}
		if got != test.want {
			t.Errorf("%s of trunk %q is for %q, want %q", test.request.To, test.request.Trunk, got, test.want)
		}
	}
}

// TestChosenTrunk: a user may choose among trunks where the rules let him out to one, or say nothing.
func TestChosenTrunk(t *testing.T) {
	t.Parallel()
	w := newWorld()
	router, err := route.New(w.options(
		route.Rule{From: "users", Match: `^sip:0900`, To: "reject:603"},
		route.Rule{From: "users", Match: `^sip:\+`, To: "trunk:pbx.test"},
		route.Rule{From: "users", Match: `^sip:8(.*)@`, To: "sip:$1@gw.test"},
		route.Rule{From: "users", Match: `^sip:alice@`, To: "user:alice"},
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		request  bridge.Request
		by       string
		endpoint bridge.Endpoint
		uri      string
	}{
		{user("sip:+4930@home.test"), "carrier.test", w.carrier, "sip:+4930@carrier.test"},
		{user("sip:+4930@home.test"), "", w.pbx, "sip:+4930@pbx.test"},
		{user("sip:+4930@home.test"), "unheard.test", w.pbx, "sip:+4930@pbx.test"},
		{user("sip:77@home.test"), "carrier.test", w.carrier, "sip:77@carrier.test"},
		{user("sip:77@home.test"), "", nil, ""},
		{user("sip:7;x=y@home.test"), "carrier.test", nil, ""},
		{user("sip:0900@home.test"), "carrier.test", nil, ""},
		{user("sip:81@home.test"), "carrier.test", w.numbers, "sip:1@gw.test"},
		{user("sip:alice@home.test"), "carrier.test", w.phone, "sip:alice@home.test"},
		{user("sip:77@pbx.test"), "carrier.test", w.pbx, "sip:77@pbx.test"},
		{stranger("sip:77@home.test"), "carrier.test", nil, ""},
		{trunk("pbx.test", "sip:77@home.test"), "carrier.test", nil, ""},
	} {
		test.request.NextTrunk = test.by
		targets, err := router.Route(test.request)
		switch {
		case test.endpoint == nil && err == nil:
			t.Errorf("%s by %q goes to %s", test.request.To, test.by, targets[0].URI)
		case test.endpoint != nil && (err != nil || targets[0].Endpoint != test.endpoint || targets[0].URI != test.uri):
			t.Errorf("%s by %q: %v, %+v", test.request.To, test.by, err, targets)
		}
	}
}
