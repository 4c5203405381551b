package main

import (
	"strings"
	"testing"

	"sipbridge/configs"
)

func TestMayWatch(t *testing.T) {
	t.Parallel()
	config := &configs.Config{Users: []configs.User{
		{Name: "alice", Domain: "One.example", Contacts: []string{"bob", "carol@two.example"}},
		{Name: "dave", Domain: "two.example"},
	}}
	for watchers, allowed := range map[string]string{
		"users":    "bob@one.example carol@two.example carol@one.example",
		"domain":   "bob@one.example carol@one.example",
		"contacts": "bob@one.example carol@two.example",
	} {
		config.Presence.Watchers = watchers
		may := mayWatch(config, strings.ToLower)
		for _, by := range []string{"bob@one.example", "carol@two.example", "carol@one.example"} {
			if got := may(by, "alice@one.example"); got != strings.Contains(allowed, by) {
				t.Errorf("%s: %s may watch alice: %v", watchers, by, got)
			}
		}
		if got := may("alice@one.example", "dave@two.example"); got != (watchers == "users") {
			t.Errorf("%s: alice may watch dave: %v", watchers, got)
		}
	}
}
