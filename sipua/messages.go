package sipua

import (
	"cmp"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

const (
	// allowedMethods are those of a call.
	allowedMethods = "INVITE, ACK, CANCEL, BYE, PRACK, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE"
	// outsideMethods are those of the rest.
	outsideMethods   = ", REGISTER, SUBSCRIBE, PUBLISH"
	supportedOptions = "replaces, timer, norefersub, 199"
)

// addCapabilities says what we understand (RFC 3261 sections 20.5 and 20.37).
func (a *Agent) addCapabilities(m message.Message) {
	m.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	m.AppendHeader(sip.NewHeader("Supported", a.supported()))
}

// supported lists the extensions that we understand.
func (a *Agent) supported() string {
	if a.options.ReliableProvisionals {
		return option100rel + ", " + supportedOptions
	}
	return supportedOptions
}

// addHeaders copies headers that cross from the other leg.
func addHeaders(m message.Message, headers []bridge.Header) {
	for _, header := range headers {
		m.AppendHeader(sip.NewHeader(header.Name, header.Value))
	}
}

// addContact says where requests inside the dialog go.
func (l *leg) addContact(response *sip.Response) {
	response.AppendHeader(l.dialog.Contact())
}

// addMentioned puts what the callee said with its answer into ours.
func (l *leg) addMentioned(response *sip.Response) {
	addHeaders(response, l.sayable(l.mentioned))
	l.mentioned = nil
}

// hopsLeft is the Max-Forwards of what is sent for a request.
func hopsLeft(request bridge.Request) int {
	return min(cmp.Or(request.MaxForwards, message.DefaultHops), message.DefaultHops)
}

// sipfrag is the body of a NOTIFY about a transfer (RFC 3420).
func sipfrag(cause bridge.Cause) []byte {
	text := cause.Text
	if text == "" || wire.CheckValue(text) != nil {
		text = message.Phrase(cause.Status)
	}
	return fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", cause.Status, text)
}
