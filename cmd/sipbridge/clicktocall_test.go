package main

import (
	"os"
	"path/filepath"
	"testing"

	"sipbridge/configs"
)

// TestAccountsGetNoNumberDialled: in a domain of our own an account may have users called, and nothing that a route
// leads elsewhere; in other domains what is listed.
func TestAccountsGetNoNumberDialled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sipbridge.yaml")
	const text = `
domains: [{name: example.com}, {name: pbx.example, next_hop: "sip:192.0.2.1"}]
users: [{name: alice, password: x}]
routes:
  - {from: users, match: '^sips?:([0-9]+)@example.com', to: 'sip:$1@192.0.2.9'}
  - {from: any, match: '^sips?:echo@example.com', to: 'builtin:echo'}
  - {from: any, match: '^sips?:([^@]+)@example.com', to: 'user:$1'}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := configs.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	domains, err := newDomains(config.Domains, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{config: config}
	if s.router, err = newRouter(config, domains, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	own := s.mayBeCalled(domains)
	config.ClickToCall.Domains = []string{"pbx.example", "example.com"}
	listed := s.mayBeCalled(domains)
	for address, want := range map[string][2]bool{
		"sip:alice@example.com": {true, true}, "sip:4930123@example.com": {false, false},
		"sip:echo@example.com": {false, false}, "sip:4930123@pbx.example": {false, true},
		"sip:x@other.example": {false, false},
	} {
		if got := [2]bool{own(address), listed(address)}; got != want {
			t.Errorf("%s: %v, not %v", address, got, want)
		}
	}
}
