package trunk

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/sipua/wire"
)

// Identity is how a trunk is shown who calls.
type Identity string

// The ways to show a caller.
const (
	// IdentityFrom shows the caller in From.
	IdentityFrom Identity = "from"
	// IdentityAsserted has our account in From and the caller in P-Asserted-Identity.
	IdentityAsserted Identity = "pai"
	// IdentityPreferred has our account in From and the caller in P-Preferred-Identity, for the trunk to assert or not
	// (RFC 3325 section 9.2).
	IdentityPreferred Identity = "ppi"
	// IdentityAccount shows our account and nobody else.
	IdentityAccount Identity = "account"
)

// anonymousHost is that of a caller who is not to be shown (RFC 3323 section 4.1.1.3).
const anonymousHost = "anonymous.invalid"

// Anonymous is the party that callees see in place of a caller who is not to be shown (RFC 3323 section 4.1.1.3).
func Anonymous() bridge.Party {
	return bridge.Party{Name: "Anonymous", URI: "sip:anonymous@" + anonymousHost}
}

// Caller is how a caller is shown to the trunk.
type Caller struct {
	// From is the party of the From header.
	From bridge.Party
	// Headers are those of RFC 3323 and RFC 3325.
	Headers []bridge.Header
}

// Show tells how the caller of a request is shown. A caller who is not to be shown is named only to a trunk in the
// trust domain, with the demand to keep it to itself; any other trunk gets no identity of his (RFC 3325 section 7).
func (t *Trunk) Show(request bridge.Request) Caller {
	calling, known := t.calling(request)
	hidden := request.Private || t.options.HideCaller || isAnonymous(request.From)
	shown := Caller{From: calling}
	if t.options.Identity != IdentityFrom || !known {
		shown.From = bridge.Party{URI: t.account()}
	}
	if hidden {
		shown.Headers = append(shown.Headers, bridge.Header{Name: "Privacy", Value: "id"})
		calling.Name = ""
		if t.options.Identity != IdentityAccount {
			shown.From = Anonymous()
		}
	}
	if name := t.asserts(request, hidden); name != "" && known {
		shown.Headers = append(shown.Headers, bridge.Header{Name: name, Value: nameAddr(calling)})
	}
	return shown
}

// asserts names the header that carries the caller beside From; empty for none.
func (t *Trunk) asserts(request bridge.Request, hidden bool) string {
	trusted := t.options.Trusted
	switch {
	case t.options.Identity == IdentityAccount, hidden && !trusted:
		return ""
	case t.options.Identity == IdentityPreferred:
		return "P-Preferred-Identity"
	case t.options.Identity == IdentityAsserted, trusted && request.Asserted.URI != "",
		trusted && hidden && request.User != "":
		return "P-Asserted-Identity"
	default:
		return ""
	}
}

// calling is the caller by his number in the form that the trunk wants: who he is by what another server of the trust
// domain asserts, else by what he says, and if he says nothing by his account. It tells whether he is known at all.
func (t *Trunk) calling(request bridge.Request) (party bridge.Party, known bool) {
	party = request.From
	switch {
	case t.options.Trusted && request.Asserted.URI != "":
		party = request.Asserted
	case isAnonymous(party):
		party = bridge.Party{URI: "sip:" + request.User}
	}
	uri, err := wire.ParseURI(party.URI, wire.StreamLimits())
	if err != nil || uri.User == "" {
		return bridge.Party{}, false
	}
	return bridge.Party{Name: party.Name, URI: t.own(t.callingOut.Apply(number.Clean(uri.User)))}, true
}

func isAnonymous(party bridge.Party) bool {
	uri, err := wire.ParseURI(party.URI, wire.StreamLimits())
	return err == nil && strings.EqualFold(uri.Host, anonymousHost)
}

// account is our own URI there.
func (t *Trunk) account() string {
	if t.options.Account == "" {
		return "sip:" + t.options.FromDomain
	}
	return t.own(t.options.Account)
}

func (t *Trunk) own(user string) string {
	uri := sip.Uri{Scheme: "sip", User: number.Escape(user), Host: t.options.FromDomain}
	return uri.String()
}

// nameAddr writes a party as a header's value. Names are kept as they stand between quotes; one that would end them is
// left out.
func nameAddr(party bridge.Party) string {
	plain := "<" + party.URI + ">"
	if party.Name == "" {
		return plain
	}
	named := `"` + party.Name + `" ` + plain
	if read, err := wire.ParseAddress(named, wire.StreamLimits()); err != nil || read.DisplayName != party.Name {
		return plain
	}
	return named
}
