package sipua

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// errNotSecure is what a caller hears who asked for encryption on each hop where there is none (RFC 5630 section 5.3).
func errNotSecure() bridge.Cause { return bridge.Cause{Status: 480, Text: "No Encrypted Way"} }

func isSecure(word string) bool { return word == "TLS" || word == "WSS" }

// isSecure tells whether an INVITE leaves encrypted, wherever it goes.
func (t dialTarget) isSecure() bool {
	if t.flow != nil {
		return isSecure(t.flow.Transport())
	}
	return !slices.ContainsFunc(t.nextHops, func(hop sip.Uri) bool { return !isSecure(transportOf(hop)) })
}

// wantsSips tells whether the Contact in the response to an INVITE has to be a sips URI (RFC 3261 section 12.1.1). Of a
// browser's Contact, which is made up, nothing follows.
func wantsSips(flow transport.Flow, request *sip.Request) bool {
	if request.Recipient.Scheme == "sips" {
		return isSecure(flow.Transport())
	}
	contact := message.Contact(request)
	return flow.Transport() == "TLS" && contact != nil && contact.Address.Scheme == "sips" &&
		request.GetHeader("Record-Route") == nil
}
