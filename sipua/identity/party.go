package identity

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// Party is the other end of a dialog of ours, as far as it is known.
type Party struct {
	// Flow is where it spoke last; nil if it never has.
	Flow transport.Flow
	// User is its account, "name@domain"; empty if it has none.
	User string
	// Trusted says that it is a server that we are configured to use.
	Trusted bool
	// Hosts are the addresses at which it says that it is: that of its Contact or of its first Record-Route. A name there
	// could be anywhere.
	Hosts []netip.Addr
}

// MayContinue tells whether a flow may speak in the dialog of a party: its own connection; for a phone or server what
// comes from its host, or from where it said that it is; else another connection of the same user. Knowing the tags is
// not enough: they pass through many hands, and who speaks in a dialog is spoken to from then on. The error is a
// bridge.Cause to answer with.
func (v *Verifier) MayContinue(party Party, flow transport.Flow, request *sip.Request) error {
	switch {
	case v.SpeaksFor(party, flow):
		return nil
	case !party.isReachedAlike(flow):
		return bridge.Cause{Status: 403}
	}
	if _, domain, ok := strings.Cut(party.User, "@"); !ok || !v.isLocal(domain) {
		return bridge.Cause{Status: 403}
	}
	return v.prove(flow, request, party.User)
}

// SpeaksFor tells whether a flow is known to be that of a party.
func (v *Verifier) SpeaksFor(party Party, flow transport.Flow) bool {
	switch {
	case !party.isReachedAlike(flow):
		return false
	case party.Flow == flow, !transport.FromBrowser(flow) && v.comesFrom(party, flow):
		return true
	default:
		return party.User != "" && v.options.Users.Of(flow) == party.User
	}
}

// isReachedAlike tells whether a flow is of the party's kind: that of browsers, or that of phones and servers.
func (p Party) isReachedAlike(flow transport.Flow) bool {
	return p.Flow != nil && transport.FromBrowser(p.Flow) == transport.FromBrowser(flow)
}

// comesFrom tells whether a flow comes from where a party is: its own host, one that it named, or for a server another
// one of our configured servers.
func (v *Verifier) comesFrom(party Party, flow transport.Flow) bool {
	source := flow.RemoteAddr().Addr().Unmap()
	if source == party.Flow.RemoteAddr().Addr().Unmap() {
		return true
	}
	if _, ok := v.options.Servers.Of(flow); ok && party.Trusted {
		return true
	}
	return len(party.Hosts) == 0 && party.Trusted || slices.Contains(party.Hosts, source)
}

func (v *Verifier) isLocal(host string) bool {
	_, ok := v.options.Local(host)
	return ok
}
