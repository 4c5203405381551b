package configs

import (
	"strings"
	"testing"
)

// TestNamesInAnotherCase: trunks and domains are known by their names in upper or lower case. Names of users have case,
// and where only another case of one is there, that is said.
func TestNamesInAnotherCase(t *testing.T) {
	t.Parallel()
	base := load(t, "domains: [{name: Home.test}, {name: other.test}, {name: Up.test, next_hop: 'sip:192.0.2.1'}]\n"+
		"trunks: [{name: PBX, next_hop: 'sip:192.0.2.2'}]\n"+
		"users: [{name: alice, password: x}, {name: Bob, password: x}, {name: bob, password: x},\n"+
		"  {name: Carol, domain: OTHER.test, password: x}]\n")
	with := func(change func(*Config)) error {
		changed := *base
		change(&changed)
		return changed.Validate()
	}
	dialing := func(name string) error {
		return with(func(c *Config) { c.Dialing.Rules = []DialingRule{{Users: []string{name}}} })
	}
	route := func(name string) error {
		return with(func(c *Config) { c.Routes = []Route{{From: "any", Match: "x", To: "user:" + name}} })
	}
	contact := func(name string) error {
		who := User{Name: "x", Domain: "home.test", Password: "x", Contacts: []string{name}}
		return with(func(c *Config) { c.Users = append([]User{who}, base.Users...) })
	}
	button := func(to string) error {
		return with(func(c *Config) {
			c.ClickToCall.Buttons = []Button{{To: to, Origins: []string{"https://shop.test"}}}
		})
	}
	for _, test := range []struct {
		says       func(name string) error
		name, want string
	}{
		{dialing, "alice", ""},
		{dialing, "Alice", `dialing.rules[0].users: there is no user "Alice", but there is "alice"`},
		{dialing, "alice@HOME.test", ""},
		{dialing, "ALICE@HOME.test", `there is no user "ALICE", but there is "alice"`},
		{dialing, "ALICE@other.test", ""}, // may come by a token, and is no alice
		{dialing, "Bob", ""},
		{dialing, "bob", ""},
		{dialing, "Al*", ""},
		{dialing, "trunk:pbx", ""},
		{dialing, "Trunk:Pbx", ""},
		{dialing, "trunk:up.TEST", ""},
		{dialing, "trunk:pb", `there is no trunk "pb"`},
		{dialing, "truck:pbx", `"truck:pbx" is neither a name, name@domain nor trunk:<name>`},
		{route, "alice", ""},
		{route, "Alice", `routes[0].to: there is no user "Alice"`},
		{route, "carol", ""}, // of the first domain
		{route, "carol@other.test", `there is no user "carol", but there is "Carol"`},
		{route, "$1", ""},
		{button, "sip:alice@HOME.test", ""},
		{button, "sips:Alice@home.test", `click_to_call.buttons[0].to: there is no user "Alice"`},
		{button, "Alice@up.test", ""}, // whom that server knows
		{contact, "Bob", ""},
		{contact, "BOB", `users[0].contacts: there is no user "BOB"`},
		{contact, "BOB@other.test", ""},
		{contact, "Carol@Other.Test", ""},
		{contact, "carol@other.test", `there is no user "carol"`},
	} {
		err := test.says(test.name)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, not %q", test.name, err, test.want)
		}
	}
	base.Tokens.AnyUser, base.Tokens.TemporarySecret = true, "a secret that is long enough"
	if err := dialing("Alice"); err != nil {
		t.Errorf("tokens may name Alice: %v", err)
	}
}
