package sipua

import (
	"strings"
	"unicode"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

var _ bridge.Introduced = (*leg)(nil)

// Introduce tells the party who the other one is, if that has become somebody else.
func (l *leg) Introduce(other bridge.ConnectedIdentity) {
	l.mailbox.post(func() { l.introduce(other) })
}

func (l *leg) introduce(other bridge.ConnectedIdentity) {
	news := l.isNews(other)
	l.introductions.other = other.URI
	if news && l.isIntroducible() {
		l.introductions.waiting, l.introductions.tries = &other, 0
		l.introduceNext()
	}
}

// isNews tells whether the party does not know of the other one. Whom it has called it knows, and the first one is
// that; but one that takes the place of another in a running call called nobody.
func (l *leg) isNews(other bridge.ConnectedIdentity) bool {
	if l.introductions.other == "" {
		return l.asked.Replaces != nil
	}
	return l.introductions.other != other.URI
}

// isIntroducible tells whether the party may be told of others: pages, of which JsSIP says in no answer what it takes,
// and phones of our users that take UPDATE. Servers are not: how our users are called is nothing that a trunk needs.
func (l *leg) isIntroducible() bool {
	if comesBack(l.flow) {
		return l.introductions.listed || l.introductions.silent
	}
	_, user := l.place()
	return l.introductions.listed && user != "" && !l.trusted && l.trunk == nil
}

// introduceNext tells the party what waits to be told, once no offer is under way.
func (l *leg) introduceNext() {
	if l.introductions.waiting == nil || l.introductions.open || l.state != stateConfirmed || l.offers.busy() ||
		l.dialog.Hop().Holds() { // an ACK goes first
		return
	}
	other := *l.introductions.waiting
	l.introductions.waiting = nil
	uri, err := wire.ParseURI(other.URI, wire.StreamLimits())
	if err != nil {
		return
	}
	if l.introductions.renames {
		plain, _ := wire.ParseURI(message.PlainURI(uri), wire.StreamLimits())
		l.dialog.Rename(inQuotes(other.Name), plain)
	}
	update := l.dialog.Request(sip.UPDATE)
	addHeaders(update, l.identityHeaders(other, uri))
	l.agent.addCapabilities(update)
	l.session.Propose(update) // without, an UPDATE would end the session timer (RFC 4028 section 7.2)
	_, err = l.send(update, func(response *sip.Response, err error) { l.introductionAnswered(other, response, err) })
	if err != nil {
		l.log.Debug("the other party is not introduced", "error", err)
		return
	}
	l.introductions.open = true
}

// identityHeaders name the other party in both ways that phones read. Remote-Party-ID says whether the name was proved
// (draft-ietf-sip-privacy-04); P-Asserted-Identity names none but who has, to users of ours alone (RFC 3325 section 7).
func (l *leg) identityHeaders(other bridge.ConnectedIdentity, uri sip.Uri) []bridge.Header {
	party, screen, privacy := "calling", "no", "off"
	if l.incoming {
		party = "called"
	}
	if other.Proved {
		screen = "yes"
	}
	if message.IsAnonymous(uri) {
		privacy = "full"
	}
	address := "<" + message.PlainURI(uri) + ">"
	if name := inQuotes(other.Name); name != "" {
		address = `"` + name + `" ` + address
	}
	headers := []bridge.Header{{
		Name: "Remote-Party-ID", Value: address + ";party=" + party + ";screen=" + screen + ";privacy=" + privacy,
	}}
	if _, user := l.place(); user != "" && other.Proved {
		headers = append(headers, bridge.Header{Name: "P-Asserted-Identity", Value: address})
	}
	return headers
}

// inQuotes is a display name ready to stand in quotes, as those read from messages are. One that no header may have is
// left out.
func inQuotes(name string) string {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return ""
	}
	read, err := wire.ParseAddress(`"`+name+`" <sip:x>`, wire.StreamLimits())
	if err == nil && read.DisplayName == name {
		return name
	}
	quoted := message.Quote(name)
	return quoted[1 : len(quoted)-1]
}

// introductionAnswered takes what became of an UPDATE. A 200 refreshes session and target like any other; a party that
// takes none is not asked again; one that cannot now is told later. All else changes nothing: it is the display alone.
func (l *leg) introductionAnswered(told bridge.ConnectedIdentity, response *sip.Response, err error) {
	if err == nil && response.IsProvisional() {
		return
	}
	l.introductions.open = false
	switch {
	case l.state == stateOver:
		return
	case err != nil:
		l.log.Debug("the other party is not introduced", "error", err)
	case response.IsSuccess():
		l.dialog.Refresh(response)
		l.lookUpHop(l.dialog)
		l.describe()
		l.session.Follow(response)
	case response.StatusCode == 405, response.StatusCode == 501:
		l.introductions.refuse()
	case response.StatusCode == 491, response.StatusCode == 500 && response.GetHeader("Retry-After") != nil:
		if l.introductions.postpone(told) {
			l.after(l.glareWait(), l.introduceNext)
		}
		return
	case response.StatusCode == 422 && l.session.Raise(response):
		l.introductions.postpone(told)
	}
	l.introduceNext()
}
