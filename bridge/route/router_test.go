package route_test

import (
	"errors"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/route"
)

// world is a bridge with the domains home.test and other.test of its own, and two upstream servers.
type world struct {
	phone, tablet, echo, gateway, numbers, pbx, carrier *bridgetest.Endpoint
}

func newWorld() world {
	return world{
		phone: bridgetest.NewEndpoint("phone"), tablet: bridgetest.NewEndpoint("tablet"),
		echo: bridgetest.NewEndpoint("echo"), gateway: bridgetest.NewEndpoint("gateway"),
		numbers: bridgetest.NewEndpoint("numbers"),
		pbx:     bridgetest.NewEndpoint("pbx"), carrier: bridgetest.NewEndpoint("carrier"),
	}
}

func (w world) options(rules ...route.Rule) route.Options {
	return route.Options{
		Rules: rules,
		Directory: bridgetest.Directory{
			"alice@home.test":  {{Endpoint: w.phone, URI: "sip:alice@home.test"}, {Endpoint: w.tablet, URI: "sip:t"}},
			"bob@home.test":    nil,
			"carol@other.test": {{Endpoint: w.tablet, URI: "sip:carol@other.test"}},
			"token@pbx.test":   {{Endpoint: w.phone, URI: "sip:dave@pbx.test"}},
			"eve@evil.test":    {{Endpoint: w.phone, URI: "sip:eve@evil.test"}},
		},
		Builtin: map[string]bridge.Endpoint{"echo": w.echo},
		Gateway: w.gateway, NumberGateway: w.numbers,
		Upstreams:   map[string]bridge.Endpoint{"pbx.test": w.pbx, "carrier.test": w.carrier},
		Domain:      "home.test",
		LocalDomain: func(host string) bool { return host == "home.test" || host == "other.test" },
	}
}

func user(to string) bridge.Request {
	return bridge.Request{To: to, Origin: bridge.OriginUser, User: "alice@home.test"}
}

func stranger(to string) bridge.Request { return bridge.Request{To: to} }

func trunk(name, to string) bridge.Request {
	return bridge.Request{To: to, Origin: bridge.OriginUpstream, Trunk: name}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	w := newWorld()
	rules := []route.Rule{
		{From: "users", Match: `^sip:0900`, To: "reject:603"},
		{From: "users", Match: `^sip:\+(\d+)@`, To: "sip:00${1}1@192.0.2.10:5070;transport=tcp"},
		{From: "users", Match: `^sip:udp(\d+)@home\.test`, To: "sip:phone@127.0.0.1:$1"},
		{From: "users", Match: `^sip:conf$`, To: "sip:[2001:db8::1]"},
		{From: "users", Match: `^sip:8(.*)@home\.test$`, To: "sip:$1@gw.test"},
		{From: "trunk:PBX.test", Match: `^sips?:(\w+)@home\.test$`, To: "user:$1"},
		{From: "users", Match: `^sip:9(\d+)@home\.test$`, To: "trunk:carrier.test"},
		{From: "users", Match: `^sip:7(\w+)@home\.test$`, To: "trunk:$1.test"},
		{From: "users", Match: `^sip:group@`, To: "user:carol@other.test"},
		{From: "any", Match: `^urn:service:sos(\.|$)`, To: "user:alice"},
		{From: "users", Match: `^urn:service:(\w+)$`, To: "sip:$1@gw.test"},
		{From: "any", Match: `^sips?:(echo|tone)@`, To: "builtin:$1"},
		{From: "users", Match: `^sips?:([^@]+)@(home\.test|other\.test|evil\.test)(:\d+)?$`, To: "user:$1@$2"},
	}
	router, err := route.New(w.options(rules...))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		request  bridge.Request
		endpoint *bridgetest.Endpoint // nil: refused
		uri      string
		status   int
	}{
		{"rejected", user("sip:0900123@home.test"), nil, "", 603},
		{"gateway", user("sip:+49123@home.test"), w.numbers, "sip:00491231@192.0.2.10:5070;transport=tcp", 0},
		{"escaped plus", user("sip:%2b49123@home.test"), w.numbers, "sip:00491231@192.0.2.10:5070;transport=tcp", 0},
		{"escaped digits", user("sip:%30%39%30%30@home.test"), nil, "", 603},
		{"port of the caller", user("sip:udp15080@home.test"), w.gateway, "sip:phone@127.0.0.1:15080", 0},
		{"no such port", user("sip:udp99999@home.test"), nil, "", 404},
		{"port zero", user("sip:udp0@home.test"), nil, "", 404},
		{"signs of other trunk", trunk("carrier.test", "sip:+49123@home.test"), nil, "", 404},
		{"from trunk", trunk("pbx.test", "sip:alice@home.test"), w.phone, "sip:alice@home.test", 0},
		{"from other trunk", trunk("carrier.test", "sip:alice@home.test"), nil, "", 404},
		{"to trunk", user("sip:9555@home.test"), w.carrier, "sip:9555@carrier.test", 0},
		{"to trunk by name", user("sip:7pbx@home.test"), w.pbx, "sip:7pbx@pbx.test", 0},
		{"to no trunk", user("sip:7nobody@home.test"), nil, "", 404},
		{"other domain", user("sip:carol@other.test"), w.tablet, "sip:carol@other.test", 0},
		{"fixed user", user("sip:group@home.test"), w.tablet, "sip:carol@other.test", 0},
		{"upper case host", user("SIP:alice@HOME.Test"), w.phone, "sip:alice@home.test", 0},
		{"dot after the host", user("sip:alice@home.test."), w.phone, "sip:alice@home.test", 0},
		{"with port", user("sip:alice@home.test:5060"), w.phone, "sip:alice@home.test", 0},
		{"with parameters", user("sip:alice@home.test;transport=ws?x=y"), w.phone, "sip:alice@home.test", 0},
		{"not registered", user("sip:bob@home.test"), nil, "", 480},
		{"unknown user", user("sip:nobody@home.test"), nil, "", 404},
		{"not our domain", user("sip:eve@evil.test"), nil, "", 404},
		{"builtin", stranger("sip:echo@home.test"), w.echo, "sip:echo@home.test", 0},
		{"no such builtin", stranger("sip:tone@home.test"), nil, "", 404},
		{"upstream unchanged", user("sip:X@PBX.test:5080"), w.pbx, "sip:X@PBX.test:5080", 0},
		{"back from upstream", trunk("pbx.test", "sip:token@pbx.test"), w.phone, "sip:dave@pbx.test", 0},
		{"nobody there", trunk("pbx.test", "sip:gone@pbx.test"), nil, "", 404},
		{"nowhere", user("sip:x@elsewhere.test"), nil, "", 404},
		{"no URI", user("hello"), nil, "", 404},
		{"help", stranger("urn:service:sos.FIRE"), w.phone, "sip:alice@home.test", 0},
		{"another service", user("URN:service:taxi"), w.numbers, "sip:taxi@gw.test", 0},
		{"service of a stranger", stranger("urn:service:taxi"), nil, "", 404},
		{"no such service", user("urn:service:a.b"), nil, "", 404},
		{"no service", user("urn:"), nil, "", 404},
		{"empty", user(""), nil, "", 404},
		{"telephone number", user("tel:+49123"), nil, "", 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			targets, err := router.Route(test.request)
			if test.endpoint == nil {
				if got := bridge.CauseOf(err); err == nil || got.Status != test.status {
					t.Errorf("got %+v, %v, want %d", targets, err, test.status)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if targets[0].Endpoint != bridge.Endpoint(test.endpoint) || targets[0].URI != test.uri {
				t.Errorf("got %+v, want %s", targets[0], test.uri)
			}
		})
	}
}

func TestAllDevicesOfAUserRing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	router, err := route.New(w.options(route.Rule{From: "users", Match: "alice", To: "user:alice"}))
	if err != nil {
		t.Fatal(err)
	}
	targets, err := router.Route(user("sip:alice@home.test"))
	if err != nil || len(targets) != 2 {
		t.Errorf("got %+v, %v, want both devices", targets, err)
	}
}

// Whatever a caller writes, it reaches only hosts that the configuration names.
func TestNoOpenRelay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	router, err := route.New(w.options(
		route.Rule{From: "any", Match: `^sip:echo@home\.test$`, To: "builtin:echo"},
		route.Rule{From: "users", Match: `^sip:8(.*)@home\.test$`, To: "sip:$1@gw.test"},
		route.Rule{From: "trunk:pbx.test", Match: `^sip:5(.*)@home\.test$`, To: "sip:$1@gw.test"},
		route.Rule{From: "users", Match: `^sip:6(.*)@home\.test$`, To: "trunk:pbx.test"},
	))
	if err != nil {
		t.Fatal(err)
	}
	spoofed := stranger("sip:8123@home.test")
	spoofed.User, spoofed.Trunk = "alice@home.test", "pbx.test"
	for name, request := range map[string]bridge.Request{
		"stranger by a users' rule":   stranger("sip:8123@home.test"),
		"stranger by a trunk's rule":  stranger("sip:5123@home.test"),
		"stranger with names":         spoofed,
		"stranger to upstream":        stranger("sip:123@pbx.test"),
		"stranger to private address": stranger("sip:x@10.0.0.1:25"),
		"user to private address":     user("sip:x@10.0.0.1:25"),
		"user to loopback":            user("sip:x@[::1]"),
		"user to metadata":            user("sip:x@169.254.169.254"),
		"trunk to other trunk":        trunk("pbx.test", "sip:123@carrier.test"),
		"trunk by a users' rule":      trunk("pbx.test", "sip:8123@home.test"),
		"trunk by other trunk's rule": trunk("carrier.test", "sip:5123@home.test"),
		"user by a trunk's rule":      user("sip:5123@home.test"),
		"host in the user part":       user("sip:8x@10.0.0.1@home.test"),
		"parameters in the user part": user("sip:8x;maddr=10.0.0.1@home.test"),
		"headers in the user part":    user("sip:8x?Route=a@home.test"),
		"fragment in the user part":   user("sip:8x#@home.test"),
		"line end in the user part":   user("sip:8x\r\nRoute: a@home.test"),
		"blank in the user part":      user("sip:8 x@home.test"),
		"open escape":                 user("sip:8%4@home.test"),
		"nothing left":                user("sip:8@home.test"),
		"odd user to trunk":           user("sip:6;maddr=10.0.0.1@home.test"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if targets, err := router.Route(request); err == nil {
				t.Errorf("routed to %+v", targets)
			} else if got := bridge.CauseOf(err); got.Status != 404 {
				t.Errorf("refused with %v, want 404", err)
			}
		})
	}
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, test := range []struct {
		rule route.Rule
		want string
	}{
		{route.Rule{From: "any", Match: "(", To: "user:a"}, "missing closing"},
		{route.Rule{From: "any", Match: "", To: "user:a"}, "match is empty"},
		{route.Rule{From: "", Match: "x", To: "user:a"}, "none of users"},
		{route.Rule{From: "everybody", Match: "x", To: "user:a"}, "none of users"},
		{route.Rule{From: "trunk:nobody", Match: "x", To: "user:a"}, "no such trunk"},
		{route.Rule{From: "any", Match: "x", To: ""}, "none of user:"},
		{route.Rule{From: "any", Match: "x", To: "tel:1"}, "none of user"},
		{route.Rule{From: "any", Match: "x", To: "user:"}, "missing"},
		{route.Rule{From: "any", Match: "x", To: "user:a@"}, "missing"},
		{route.Rule{From: "any", Match: "x", To: "user:a@nowhere.test"}, "no domain"},
		{route.Rule{From: "any", Match: "x", To: "user:$1"}, "has 0 groups"},
		{route.Rule{From: "any", Match: "x", To: "user:a@$1"}, "has 0 groups"},
		{route.Rule{From: "any", Match: "(x)", To: "user:$0"}, "has 1 groups"},
		{route.Rule{From: "any", Match: "(x)", To: "user:$99999999999999999999"}, "has 1 groups"},
		{route.Rule{From: "any", Match: "x", To: "user:$name"}, "before no number"},
		{route.Rule{From: "any", Match: "x", To: "trunk:nobody"}, "no trunk"},
		{route.Rule{From: "any", Match: "x", To: "trunk:$1"}, "has 0 groups"},
		{route.Rule{From: "any", Match: "x", To: "builtin:nothing"}, "no built-in number"},
		{route.Rule{From: "any", Match: "x", To: "reject:200"}, "400 to 699"},
		{route.Rule{From: "any", Match: "(x)", To: "reject:$1"}, "400 to 699"},
		{route.Rule{From: "any", Match: "(.*)", To: "sip:a@$1"}, "must not come from the caller"},
		{route.Rule{From: "any", Match: "(.*)", To: "sip:$1"}, "must not come from the caller"},
		{route.Rule{From: "any", Match: "(.*)", To: "sip:a@gw;transport=$1"}, "must not come from the caller"},
		{route.Rule{From: "any", Match: "x", To: "sip:a@"}, "host is missing"},
		{route.Rule{From: "any", Match: "x", To: "sip:a@b c"}, "malformed"},
		{route.Rule{From: "any", Match: "x", To: "sip:a@b;x y"}, "malformed"},
		{route.Rule{From: "any", Match: "x", To: "sip:a;b@c"}, "user part is malformed"},
		{route.Rule{From: "any", Match: "x", To: "sip:a@b:0"}, "port is malformed"},
		{route.Rule{From: "any", Match: "x", To: "sip:a@b:$1"}, "has 0 groups"},
		{route.Rule{From: "any", Match: "x", To: "sip:$1@b"}, "has 0 groups"},
	} {
		t.Run(test.rule.To, func(t *testing.T) {
			t.Parallel()
			good := route.Rule{From: "any", Match: "x", To: "reject:404"}
			_, err := route.New(w.options(good, test.rule))
			if !errors.Is(err, route.ErrRule) {
				t.Fatalf("got %v, want ErrRule", err)
			}
			for _, want := range []string{"rule 2", test.rule.Match, test.want} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestAllBadRulesAreNamed(t *testing.T) {
	t.Parallel()
	bad := route.Rule{From: "nobody", Match: "x", To: "user:a"}
	_, err := route.New(newWorld().options(bad, bad))
	if err == nil || !strings.Contains(err.Error(), "rule 1") || !strings.Contains(err.Error(), "rule 2") {
		t.Errorf("got %v, want both rules named", err)
	}
}

// Rules can be checked before there is anything to dial.
func TestCheckWithoutEndpoints(t *testing.T) {
	t.Parallel()
	router, err := route.New(route.Options{
		Rules: []route.Rule{
			{From: "any", Match: "^sip:echo@", To: "builtin:echo"},
			{From: "any", Match: "^sip:a@", To: "user:alice"},
			{From: "any", Match: "^sip:b@", To: "sip:x@gw.test"},
		},
		Builtin: map[string]bridge.Endpoint{"echo": nil}, Domain: "home.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"sip:a@home.test", "sip:b@home.test"} {
		if _, err := router.Route(user(to)); bridge.CauseOf(err).Status != 404 {
			t.Errorf("%s: got %v, want 404", to, err)
		}
	}
}

// FuzzRoute holds what TestNoOpenRelay says for any text: the gateway is called at its own host only.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		"sip:8123@home.test", "sip:8%41@home.test", "sip:8x@y@home.test", "sip:8;a@home.test", "sips:8:p@home.test:5060;x",
		"sip:[::1]:5060", "sip:@", ":", "sip:8%zz@home.test", "SIP:8\x00@home.test",
	} {
		f.Add(seed)
	}
	w := newWorld()
	router, err := route.New(w.options(route.Rule{From: "any", Match: `^sips?:8(.*)@home\.test`, To: "sip:$1@gw.test"}))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		targets, err := router.Route(stranger(to))
		if err != nil {
			return
		}
		text := targets[0].URI
		odd := strings.ContainsAny(text, "\r\n ;?#<>\"")
		if odd || strings.Count(text, "@") != 1 || !strings.HasSuffix(text, "@gw.test") {
			t.Errorf("%q was routed to %q", to, text)
		}
	})
}

// Whatever the rules say, a caller that proved nothing is not passed on to other servers.
func TestRulesForAnyLeaveStrangersInside(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, to := range []string{"trunk:pbx.test", "sip:00$1@192.0.2.10", "trunk:carrier.test"} {
		router, err := route.New(w.options(
			route.Rule{From: "any", Match: `^sip:(\w+)@`, To: to},
			route.Rule{From: "any", Match: `^sip:alice@home\.test`, To: "user:alice"},
		))
		if err != nil {
			t.Fatal(err)
		}
		if targets, err := router.Route(stranger("sip:123@home.test")); err == nil {
			t.Errorf("%s: a stranger reaches %v", to, targets)
		}
		if targets, err := router.Route(stranger("sip:alice@home.test")); err != nil || targets[0].Endpoint != w.phone {
			t.Errorf("%s: alice is not reached: %v, %v", to, targets, err)
		}
		if _, err := router.Route(user("sip:123@home.test")); err != nil {
			t.Errorf("%s: a user: %v", to, err)
		}
	}
}

// TestMarks holds that what a rule wants of a call goes with its targets, also to a trunk that the caller has chosen.
func TestMarks(t *testing.T) {
	t.Parallel()
	w := newWorld()
	welcome := bridgetest.NewEndpoint("welcome")
	options := w.options(
		route.Rule{
			From: "users", Match: `^sip:9(\d+)@home\.test$`, To: "trunk:carrier.test", Announce: "w.wav",
			Record: bridge.RecordedOgg,
		},
		route.Rule{From: "users", Match: `^sip:alice@`, To: "user:alice"},
	)
	options.Announcements = map[string]bridge.Endpoint{"w.wav": welcome}
	router, err := route.New(options)
	if err != nil {
		t.Fatal(err)
	}
	chosen := user("sip:955@home.test")
	chosen.NextTrunk = "pbx.test"
	for _, request := range []bridge.Request{user("sip:955@home.test"), chosen} {
		var targets []bridge.Target
		targets, err = router.Route(request)
		if err != nil || len(targets) != 1 || targets[0].Before != welcome || targets[0].Record != bridge.RecordedOgg {
			t.Errorf("%+v: %v", targets, err)
		}
	}
	targets, err := router.Route(user("sip:alice@home.test"))
	if err != nil || targets[0].Before != nil || targets[0].Record != bridge.NotRecorded {
		t.Errorf("%+v: %v", targets, err)
	}
	options.Announcements = nil
	if _, err := route.New(options); !errors.Is(err, route.ErrRule) || !strings.Contains(err.Error(), "w.wav") {
		t.Errorf("an announcement that is not there: %v", err)
	}
}
