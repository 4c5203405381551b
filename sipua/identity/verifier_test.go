package identity

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

const (
	alice = "alice@local.example"
	phone = "192.0.2.9:5070"
)

// TestIdentify goes through all kinds of senders.
func TestIdentify(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	carrier, upstream := newFlow("UDP", "192.0.2.50:5060"), newFlow("UDP", "192.0.2.60:5060")
	s.servers.ofTrunk, s.servers.ofOther = carrier, upstream
	known, remote, stranger := newFlow("WS", phone), newFlow("WS", phone), newFlow("TCP", phone)
	s.options.Users.Set(known, alice)
	s.options.Users.Set(remote, "carol@up.example")
	opened, ended := granted{newFlow("WS", phone), alice, time.Hour}, granted{newFlow("WS", phone), alice, -time.Hour}
	user := func(name string) Identity { return Identity{Origin: bridge.OriginUser, User: name} }
	server := func(name string) Identity { return Identity{Origin: bridge.OriginUpstream, Trunk: name} }
	ofTrunk := server("carrier")
	ofTrunk.Peer = s.servers.carrier
	for name, test := range map[string]struct {
		flow   transport.Flow
		from   string
		want   Identity
		status int
	}{
		"a trunk, whatever its From":            {carrier, "sip:alice@local.example", ofTrunk, 0},
		"an upstream server":                    {upstream, "sip:alice@local.example", server("up.example"), 0},
		"a user on his connection":              {known, "sip:alice@LOCAL.example", user(alice), 0},
		"hidden, on his connection":             {known, "sip:x@anonymous.invalid", user(alice), 0},
		"another one on it":                     {known, "sip:bob@local.example", Identity{}, 407},
		"a user of another domain":              {remote, "sip:carol@UP.example", user("carol@up.example"), 0},
		"another one of that":                   {remote, "sip:dave@up.example", Identity{}, 0},
		"a local user on nobody's connection":   {stranger, "sip:alice@local.example", Identity{}, 407},
		"a stranger":                            {stranger, "sip:eve@out.example", Identity{}, 0},
		"a hidden stranger":                     {stranger, "sip:x@anonymous.invalid", Identity{}, 0},
		"the user of a token":                   {opened, "sip:alice@local.example", user(alice), 0},
		"the user of a token, hidden":           {opened, "sip:x@Anonymous.invalid", user(alice), 0},
		"another one by his token":              {opened, "sip:bob@local.example", Identity{}, 403},
		"one of another domain by his token":    {opened, "sip:alice@out.example", Identity{}, 403},
		"the user of a token that has ended":    {ended, "sip:alice@local.example", Identity{}, 407},
		"elsewhere by a token that has ended":   {ended, "sip:eve@out.example", Identity{}, 0},
		"a datagram of a local user":            {newFlow("UDP", phone), "sip:alice@local.example", Identity{}, 407},
		"a datagram of who was known on a flow": {newFlow("UDP", phone), "sip:carol@up.example", Identity{}, 0},
	} {
		got, err := s.Identify(test.flow, requestFrom(t, "INVITE", test.from))
		if got != test.want || bridge.CauseOf(err).Status != test.status && err != nil || (err == nil) != (test.status == 0) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestIdentifyByDigest: who answers the challenge is known, and so is his connection from then on.
func TestIdentifyByDigest(t *testing.T) {
	t.Parallel()
	s, connection := newSetup(t), newFlow("TCP", phone)
	const from = "sip:alice@local.example"
	_, refusal := s.Identify(connection, requestFrom(t, "INVITE", from))
	refused(t, refusal, 407)
	credentials := "Proxy-Authorization: " + answer(t, refusal, "alice", "INVITE")
	_, err := s.Identify(connection, requestFrom(t, "INVITE", "sip:bob@local.example", credentials))
	refused(t, err, 403)
	_, refusal = s.Identify(connection, requestFrom(t, "INVITE", from))
	credentials = "Proxy-Authorization: " + answer(t, refusal, "alice", "INVITE")
	who, err := s.Identify(connection, requestFrom(t, "INVITE", from, credentials))
	if err != nil || who != ofUser(alice) {
		t.Errorf("%+v, %v", who, err)
	}
	if who, err = s.Identify(connection, requestFrom(t, "INVITE", from)); err != nil || who.User != alice {
		t.Errorf("the second time: %+v, %v", who, err)
	}
}

// TestMayClaim: a token is for its user alone, also where others are the judges of who he is.
func TestMayClaim(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for from, status := range map[string]int{
		"sip:alice@LOCAL.example": 0, "sip:x@anonymous.invalid": 0,
		"sip:bob@local.example": 403, "sip:alice@up.example": 403,
	} {
		request := requestFrom(t, "REGISTER", from)
		err := s.MayClaim(granted{newFlow("WS", phone), alice, time.Hour}, request)
		if err == nil != (status == 0) {
			t.Errorf("%s: %v", from, err)
		}
		if status != 0 {
			refused(t, err, status)
		}
		if err = s.MayClaim(newFlow("WS", phone), request); err != nil {
			t.Errorf("%s without a token: %v", from, err)
		}
	}
}
