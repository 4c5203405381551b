package configs

import (
	"fmt"
	"strings"
	"testing"
)

// TestNamesInAnotherCase: trunks and domains are known by their names in upper or lower case. Names of users have case,
// and where only another case of one is there, that is said.
func TestNamesInAnotherCase(t *testing.T) {
	t.Parallel()
	const users = "domains: [{name: Home.test}, {name: other.test}, {name: Up.test, next_hop: 'sip:192.0.2.1'}]\n" +
		"trunks: [{name: PBX, next_hop: 'sip:192.0.2.2'}]\n" +
		"users: [{name: alice, password: x, contacts: [%s]}, {name: Bob, password: x}, {name: bob, password: x},\n" +
		"  {name: Carol, domain: OTHER.test, password: x}]\n"
	const dialing, route = "dialing: {rules: [{users: ['%s']}]}", "routes: [{from: any, match: x, to: 'user:%s'}]"
	for _, test := range []struct{ form, name, want string }{
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
	} {
		err := load(t, fmt.Sprintf(users, "")+fmt.Sprintf(test.form, test.name)).Validate()
		mustSay(t, test.name, err, test.want)
	}
	for name, want := range map[string]string{
		"Bob": "", "BOB": `users[0].contacts: there is no user "BOB"`, "BOB@other.test": "", "Carol@Other.Test": "",
		"carol@other.test": `there is no user "carol"`,
	} {
		mustSay(t, name, load(t, fmt.Sprintf(users, name)).Validate(), want)
	}
	mustSay(t, "tokens", load(t, fmt.Sprintf(users, "BOB")+
		"tokens: {any_user: true, temporary_secret: 'long enough secret'}").Validate(), "")
}

func mustSay(t *testing.T, name string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, not %q", name, err, want)
	}
}
