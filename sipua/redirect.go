package sipua

import (
	"slices"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// mostContacts bounds the contacts of a redirection that are looked at.
const mostContacts = 8

// redirectedTo gives the contacts of a 300, 301 or 302, in the order of their q (RFC 3261 section 8.1.3.4), as routes
// take them: without parameters, and a number of the party's trunk as if one of ours had dialled it. 305 and 380 name
// no other place where the callee is.
func (l *leg) redirectedTo(response *sip.Response) []string {
	switch response.StatusCode {
	case 300, 301, 302:
	default:
		return nil
	}
	type contact struct {
		uri string
		q   float64
	}
	var contacts []contact
	for _, header := range response.GetHeaders("Contact") {
		given, ok := header.(*sip.ContactHeader)
		if ok && !given.Address.Wildcard && len(contacts) < mostContacts {
			contacts = append(contacts, contact{uri: l.redirectTarget(given.Address), q: qOf(given)})
		}
	}
	slices.SortStableFunc(contacts, func(a, b contact) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		default:
			return 0
		}
	})
	uris := make([]string, len(contacts))
	for i, contact := range contacts {
		uris[i] = contact.uri
	}
	return uris
}

func (l *leg) redirectTarget(uri sip.Uri) string {
	if l.trunk != nil && l.trunk.Serves(uri) {
		return l.agent.home(l.trunk.Called(numberOf(uri)), l.trunk.Name())
	}
	return l.agent.publicURI(uri)
}

// qOf reads the q of a contact: 1 without one, 0 for what is none.
func qOf(contact *sip.ContactHeader) float64 {
	text, ok := contact.Params.Get("q")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err == nil && q >= 0 && q <= 1 { // which no NaN is
		return q
	}
	return 0
}
