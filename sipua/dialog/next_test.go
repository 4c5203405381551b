package dialog

import "testing"

// TestNext: the first route, or else the remote target, is an address, a name, or nothing that can be reached.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ target, route, uri, address, name string }{
		{"sip:bob@192.0.2.9", "", "sip:bob@192.0.2.9", "192.0.2.9:5060", ""},
		{"sip:bob@192.0.2.9:5070", "", "sip:bob@192.0.2.9:5070", "192.0.2.9:5070", ""},
		{"sip:bob@[2001:db8::1]", "", "sip:bob@[2001:db8::1]", "[2001:db8::1]:5060", ""},
		{"sip:bob@b.example", "sip:192.0.2.7;lr", "sip:192.0.2.7;lr", "192.0.2.7:5060", ""},
		{"sip:bob@192.0.2.9", "sip:Near.Example.;lr", "sip:Near.Example.;lr", "", "near.example"},
		{"sips:bob@b.example", "sip:near.example:5070;lr", "sips:near.example:5070;lr", "", "near.example"},
		{"sip:bob@x.invalid", "", "sip:bob@x.invalid", "", ""},
		{"sip:bob@invalid", "", "sip:bob@invalid", "", ""},
	} {
		var routes []string
		if test.route != "" {
			routes = []string{test.route}
		}
		d := dialled(t, test.target, routes...)
		if next := d.NextURI(); next.String() != test.uri {
			t.Errorf("%s by %s: next is %s, want %s", test.target, test.route, next.String(), test.uri)
		}
		if address, ok := d.NextAddress(); ok != (test.address != "") || ok && address.String() != test.address {
			t.Errorf("%s by %s: the address is %s, want %q", test.target, test.route, address, test.address)
		}
		if name, ok := d.NextName(); ok != (test.name != "") || name.Host() != test.name {
			t.Errorf("%s by %s: the name is %q, want %q", test.target, test.route, name.Host(), test.name)
		}
		if len(routes) > 0 && d.routes[0].Scheme != "sip" {
			t.Error("the route itself is changed")
		}
	}
}

// TestSameName: what decides on the servers of a name is not how it is written, but scheme, port and transport.
func TestSameName(t *testing.T) {
	t.Parallel()
	name, _ := dialled(t, "sip:bob@b.example:5070;transport=tcp").NextName()
	for uri, same := range map[string]bool{
		"sip:carol@B.example.:5070;transport=TCP;x=y": true,
		"sip:bob@b.example:5071;transport=tcp":        false,
		"sip:bob@b.example:5070;transport=udp":        false,
		"sips:bob@b.example:5070;transport=tcp":       false,
	} {
		if other, _ := dialled(t, uri).NextName(); (other == name) != same {
			t.Errorf("%s has the same servers: %v", uri, !same)
		}
	}
}
