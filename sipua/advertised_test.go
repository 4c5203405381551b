package sipua

import (
	"net/netip"
	"testing"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// behindNAT is a flow whose peer reaches us at another address than that of our socket.
type behindNAT struct {
	*peer

	at string
}

func (b behindNAT) AdvertisedAddr() netip.AddrPort { return netip.MustParseAddrPort(b.at) }

var _ transport.Flow = behindNAT{}

// TestAdvertised: Via and Contact name the address by which the peer reaches us.
func TestAdvertised(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for word, want := range map[string]struct{ at, contact, via string }{
		"UDP": {"203.0.113.7:6060", "sip:me@203.0.113.7:6060", "203.0.113.7:6060"},
		"TLS": {
			"[2001:db8::7]:5061", "sip:me@[2001:db8::7]:5061;transport=tls",
			"[2001:db8::7]:5061",
		},
	} {
		flow := behindNAT{s.peer(word, "198.51.100.1:5060"), want.at}
		contact := message.ContactOn(flow, "me")
		if got := contact.String(); got != want.contact {
			t.Errorf("%s: Contact is %s, want %s", word, got, want.contact)
		}
		via := message.NewVia(flow)
		if got := netip.MustParseAddrPort(want.via); via.Port != int(got.Port()) || via.Host != message.Host(got.Addr()) {
			t.Errorf("%s: Via is %s, want %s", word, via.Value(), want.via)
		}
	}
}

// TestAdvertisedIsOwn: an address that stands for this machine is local, as its own are: who claims it has to prove it.
func TestAdvertisedIsOwn(t *testing.T) {
	t.Parallel()
	told := netip.MustParseAddr("203.0.113.7")
	domains := Domains{Local: []string{"local.example"}, Advertised: func(a netip.Addr) bool { return a == told }}
	if domain, ok := domains.local("203.0.113.7"); !ok || domain != "local.example" {
		t.Errorf("%q %v", domain, ok)
	}
	if domains.IsLocal("203.0.113.8") {
		t.Error("a neighbour is local")
	}
}
