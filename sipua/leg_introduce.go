package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

var _ bridge.Introduced = (*leg)(nil)

// Introduce tells a page who the other party is, if that has become somebody else.
func (l *leg) Introduce(other bridge.Party) { l.mailbox.post(func() { l.introduce(other) }) }

// introduce does that by an UPDATE without an offer (RFC 3311), whose Remote-Party-ID names the party as PBXs do
// (draft-ietf-sip-privacy-04): P-Asserted-Identity would say that the name was proved. Phones are not told: such an
// UPDATE would touch their session timers.
func (l *leg) introduce(other bridge.Party) {
	news := l.isNews(other)
	l.other = other.URI
	uri, err := wire.ParseURI(other.URI, wire.StreamLimits())
	if err != nil || !news || l.state != stateConfirmed || !l.updates || !comesBack(l.flow) {
		return
	}
	value := "<" + message.PlainURI(uri) + ">;screen=no"
	if other.Name != "" {
		value = message.Quote(other.Name) + " " + value
	}
	request := l.dialog.request(sip.UPDATE)
	addHeaders(request, []bridge.Header{{Name: "Remote-Party-ID", Value: value}})
	if _, err := l.send(request, func(*sip.Response, error) {}); err != nil {
		l.log.Debug("the other party is not introduced", "error", err)
	}
}

// isNews tells whether the party does not know of the other one. Whom it has called it knows, and the first one is
// that; but one that takes the place of another in a running call called nobody.
func (l *leg) isNews(other bridge.Party) bool {
	if l.other == "" {
		return l.asked.Replaces != nil
	}
	return l.other != other.URI
}
