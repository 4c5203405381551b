package identity

import (
	"net/netip"
	"testing"
	"time"

	"sipbridge/sipua/transport"
)

// TestSpeaksFor: the party's own flow and places, and whoever is the same user.
func TestSpeaksFor(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	server, browser, again := newFlow("UDP", "192.0.2.60:5060"), newFlow("WSS", phone), newFlow("WS", "192.0.2.10:1")
	s.servers.ofOther = server
	s.options.Users.Set(browser, alice)
	s.options.Users.Set(again, alice)
	moved := newFlow("TCP", "192.0.2.66:1")
	s.options.Users.Set(moved, alice)
	at := newFlow("UDP", phone)
	const other = "192.0.2.66:5070"
	named := []netip.Addr{netip.MustParseAddr("192.0.2.21")}
	for name, test := range map[string]struct {
		party Party
		flow  transport.Flow
		want  bool
	}{
		"its own":                          {Party{Flow: at, Hosts: named}, at, true},
		"its host":                         {Party{Flow: at, Hosts: named}, newFlow("TCP", "192.0.2.9:9"), true},
		"its host, written as IPv6":        {Party{Flow: at, Hosts: named}, newFlow("UDP", "[::ffff:192.0.2.9]:9"), true},
		"where it says":                    {Party{Flow: at, Hosts: named}, newFlow("UDP", "192.0.2.21:5060"), true},
		"elsewhere":                        {Party{Flow: at, Hosts: named}, newFlow("UDP", other), false},
		"elsewhere, but says nothing":      {Party{Flow: at}, newFlow("UDP", other), false},
		"a server that says nothing":       {Party{Flow: at, Trusted: true}, newFlow("UDP", other), true},
		"a server elsewhere":               {Party{Flow: at, Trusted: true, Hosts: named}, newFlow("UDP", other), false},
		"another server":                   {Party{Flow: at, Trusted: true, Hosts: named}, server, true},
		"a server for a phone":             {Party{Flow: at, Hosts: named}, server, false},
		"the same user":                    {Party{Flow: at, User: alice, Hosts: named}, moved, true},
		"another user":                     {Party{Flow: at, User: "bob@local.example", Hosts: named}, moved, false},
		"a browser again":                  {Party{Flow: browser, User: alice}, again, true},
		"a stranger's browser there":       {Party{Flow: browser, User: alice}, newFlow("WSS", phone), false},
		"a browser for a phone's user":     {Party{Flow: at, User: alice}, browser, false},
		"a phone for a browser's user":     {Party{Flow: browser, User: alice}, moved, false},
		"nobody has spoken":                {Party{}, at, false},
		"a user's party that never spoke":  {Party{User: alice}, browser, false},
		"a browser that nobody speaks for": {Party{Flow: browser}, newFlow("WSS", "192.0.2.10:2"), false},
	} {
		if got := s.SpeaksFor(test.party, test.flow); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestMayContinue: who is not known to be the party may prove it, if that is a user of ours reached the same way.
func TestMayContinue(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	at, moved := newFlow("UDP", phone), newFlow("TCP", "192.0.2.66:5070")
	hosts := []netip.Addr{at.remote.Addr()}
	bye := requestFrom(t, "BYE", "sip:alice@local.example")
	if err := s.MayContinue(Party{Flow: at, Hosts: hosts}, at, bye); err != nil {
		t.Error(err)
	}
	for _, user := range []string{"", "alice", "carol@up.example"} {
		refused(t, s.MayContinue(Party{Flow: at, User: user, Hosts: hosts}, moved, bye), 403)
	}
	party := Party{Flow: at, User: alice, Hosts: hosts}
	refused(t, s.MayContinue(party, newFlow("WS", "192.0.2.66:1"), bye), 403)
	refusal := s.MayContinue(party, moved, bye)
	refused(t, refusal, 407)
	other := s.MayContinue(party, granted{newFlow("TCP", "192.0.2.66:2"), "bob@local.example", time.Hour}, bye)
	refused(t, other, 403)
	proved := requestFrom(t, "BYE", "sip:alice@local.example",
		"Proxy-Authorization: "+answer(t, refusal, "alice", "BYE"))
	if err := s.MayContinue(party, moved, proved); err != nil || s.options.Users.Of(moved) != alice {
		t.Errorf("%v, the connection is of %q", err, s.options.Users.Of(moved))
	}
}
