package sipua

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// isSecure tells whether an INVITE leaves encrypted, wherever it goes.
func (t dialTarget) isSecure() bool {
	if t.flow != nil {
		return transport.IsEncrypted(t.flow)
	}
	return !slices.ContainsFunc(t.nextHops, func(hop sip.Uri) bool { return !transport.IsEncryptedWord(transportOf(hop)) })
}

// wantsSips tells whether the Contact in the response to an INVITE has to be a sips URI (RFC 3261 section 12.1.1). Of a
// browser's Contact, which is made up, nothing follows.
func wantsSips(flow transport.Flow, request *sip.Request) bool {
	if request.Recipient.Scheme == "sips" {
		return transport.IsEncrypted(flow)
	}
	contact := message.Contact(request)
	return flow.Transport() == "TLS" && contact != nil && contact.Address.Scheme == "sips" &&
		request.GetHeader("Record-Route") == nil
}
