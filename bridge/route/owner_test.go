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
