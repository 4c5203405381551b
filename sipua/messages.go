package sipua

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

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
	response.AppendHeader(&sip.ContactHeader{Address: l.dialog.contact})
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

// parseReplaces reads a Replaces value (RFC 3891 section 6.1): its to-tag is ours, its from-tag the party's. It gives
// nil for a malformed one. earlyOnly asks to spare a call that has been answered.
func parseReplaces(value string) (dialog *bridge.DialogID, earlyOnly bool) {
	callID, params, _ := strings.Cut(value, ";")
	id := bridge.DialogID{CallID: strings.TrimSpace(callID)}
	for param := range strings.SplitSeq(params, ";") {
		name, tag, _ := strings.Cut(param, "=")
		tag = strings.TrimSpace(tag)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			id.LocalTag = tag
		case "from-tag":
			id.RemoteTag = tag
		case "early-only":
			earlyOnly = true
		}
	}
	if id.CallID == "" || id.LocalTag == "" || id.RemoteTag == "" {
		return nil, earlyOnly
	}
	return &id, earlyOnly
}

// sipfrag is the body of a NOTIFY about a transfer (RFC 3420).
func sipfrag(cause bridge.Cause) []byte {
	text := cause.Text
	if text == "" || wire.CheckValue(text) != nil {
		text = message.Phrase(cause.Status)
	}
	return fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", cause.Status, text)
}

// hosts are the addresses that the party names in its Contact and its first Record-Route; names are left out.
func (d *dialog) hosts() []netip.Addr {
	named := []sip.Uri{d.target}
	if len(d.routes) > 0 {
		named = append(named, d.routes[0])
	}
	var hosts []netip.Addr
	for _, uri := range named {
		if address, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err == nil {
			hosts = append(hosts, address.Unmap())
		}
	}
	return hosts
}
