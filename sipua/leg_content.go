package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
)

// optionGeolocation is in the sip.extensions of devices that read locations (RFC 6442, RFC 3840 section 10.5).
const optionGeolocation = "geolocation-sip"

// documents puts what a caller says of where he is into what he asks for, if his Geolocation may cross.
func (a *Agent) documents(asked *bridge.Request, request *sip.Request, policy headers.Policy) {
	read, err := content.Read(request)
	if err != nil || !policy.InCall("Geolocation", senderOf(asked.Origin)) {
		return
	}
	if *asked, err = content.AddDocuments(*asked, read.Documents); err != nil {
		a.complain("location too large", "from", asked.From.URI)
	}
}

// setContent puts a description of media into a message, and the documents beside it.
func (l *leg) setContent(m message.Message, sdp []byte, documents []bridge.Document) {
	if l.agent.policyFor(l.trunk).Strips("Geolocation") {
		documents = nil
	}
	if err := (content.Content{SDP: sdp, Documents: documents}).Write(m); err != nil {
		l.log.Warn("location left out", "error", err)
		content.SetSDP(m, sdp)
	}
}

// inviteWithoutDocuments sends the INVITE again to a party that takes no body of several parts. It reports false if it
// had none.
func (l *leg) inviteWithoutDocuments() bool {
	refused := l.calling.transaction
	if refused == nil || l.givenUp() {
		return false
	}
	request, _ := refused.Sent()
	return content.LeaveOut(request) && l.inviteAgain(refused)
}
