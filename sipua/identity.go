package sipua

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// identity says who sends a request, as far as is known.
type identity struct {
	origin bridge.Origin
	// user is "name@domain" of a user who proved himself.
	user string
	// trunk names the upstream domain the request comes from.
	trunk string
	// peer is that trunk, if it is one and not an upstream domain.
	peer *trunk.Trunk
}

// anonymous is the host of a From that hides the caller (RFC 3323 section 4.1.1.3).
const anonymous = "anonymous.invalid"

// identify finds out who sends a request. The error is a bridge.Cause to answer with.
func (a *Agent) identify(flow transport.Flow, request *sip.Request) (identity, error) {
	if peer, ok := a.fromTrunk(flow, request); ok {
		return identity{origin: bridge.OriginUpstream, trunk: peer.Name(), peer: peer}, nil
	}
	if domain, ok := a.upstreams.Of(flow); ok {
		return identity{origin: bridge.OriginUpstream, trunk: domain}, nil
	}
	if err := a.mayClaim(flow, request); err != nil {
		return identity{}, err
	}
	from := request.From().Address
	if realm, ok := a.options.Domains.local(from.Host); ok {
		return a.identifyLocal(flow, request, realm)
	}
	known := a.users.get(flow)
	claimed := from.User + "@" + strings.ToLower(from.Host)
	if known != "" && (known == claimed || strings.EqualFold(from.Host, anonymous)) {
		return identity{origin: bridge.OriginUser, user: known}, nil
	}
	return identity{}, nil
}

// identifyLocal checks a user of ours: by the connection on which he registered, else by what it brings.
func (a *Agent) identifyLocal(flow transport.Flow, request *sip.Request, realm string) (identity, error) {
	claimed := request.From().Address.User + "@" + realm
	if known := a.users.get(flow); known != "" && known == claimed {
		return identity{origin: bridge.OriginUser, user: known}, nil
	}
	if err := a.prove(flow, request, claimed); err != nil {
		return identity{}, err
	}
	return identity{origin: bridge.OriginUser, user: claimed}, nil
}

// prove has the sender of a request prove that he is a local user; from then on his connection speaks for him. The
// error is a bridge.Cause to answer with.
func (a *Agent) prove(flow transport.Flow, request *sip.Request, user string) error {
	_, realm, _ := strings.Cut(user, "@")
	proved, err := a.proofOf(flow, request, realm, true)
	if err != nil {
		return err
	}
	if proved.user != user {
		return notYours()
	}
	a.remember(flow, request, proved)
	return nil
}

// mayContinue tells whether a flow may speak in a leg's dialog: the leg's own connection; for a phone or server what
// comes from its host, or from where it said that it is; else another connection of the same user. Knowing the tags is
// not enough: they pass through many hands, and who speaks in a dialog is spoken to from then on. The error is a
// bridge.Cause to answer with.
func (a *Agent) mayContinue(l *leg, flow transport.Flow, request *sip.Request) error {
	at, user := l.place()
	switch {
	case a.speaksFor(l, flow):
		return nil
	case at == nil || comesBack(at) != comesBack(flow):
		return bridge.Cause{Status: 403}
	}
	if _, realm, ok := strings.Cut(user, "@"); !ok || !a.options.Domains.IsLocal(realm) {
		return bridge.Cause{Status: 403}
	}
	return a.prove(flow, request, user)
}

// speaksFor tells whether a flow is known to be that of a leg's party.
func (a *Agent) speaksFor(l *leg, flow transport.Flow) bool {
	at, user := l.place()
	switch {
	case at == nil || comesBack(at) != comesBack(flow):
		return false
	case at == flow, !comesBack(flow) && a.isParty(l, flow):
		return true
	default:
		return user != "" && a.users.get(flow) == user
	}
}

// isParty tells whether a flow comes from where the party of a leg is: its own host, the host that its Contact or first
// Record-Route names, or for a server another one of our configured servers. A name there could be anywhere.
func (a *Agent) isParty(l *leg, flow transport.Flow) bool {
	at, _ := l.place()
	source := flow.RemoteAddr().Addr().Unmap()
	if source == at.RemoteAddr().Addr().Unmap() {
		return true
	}
	if _, ok := a.upstreams.Of(flow); ok && l.trusted {
		return true
	}
	hosts := l.partyHosts()
	return len(hosts) == 0 && l.trusted || slices.Contains(hosts, source)
}
