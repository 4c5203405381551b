package sipua

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

const (
	// allowedMethods are those of a call.
	allowedMethods = "INVITE, ACK, CANCEL, BYE, PRACK, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE"
	// outsideMethods are those of the rest.
	outsideMethods   = ", REGISTER, SUBSCRIBE, PUBLISH"
	supportedOptions = "replaces, timer, norefersub, 199"
	// defaultHops is the Max-Forwards of a request that starts here (RFC 3261 section 8.1.1.6).
	defaultHops = 70
)

// message is what requests and responses have in common.
type message interface {
	AppendHeader(header sip.Header)
	GetHeader(name string) sip.Header
	GetHeaders(name string) []sip.Header
	Headers() []sip.Header
	Body() []byte
	SetBody(body []byte)
}

// addCapabilities says what we understand (RFC 3261 sections 20.5 and 20.37).
func (a *Agent) addCapabilities(m message) {
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

// setSDP puts an SDP body into a message; nil leaves it without.
func setSDP(m message, body []byte) {
	if body == nil {
		return
	}
	m.AppendHeader(sip.NewHeader("Content-Type", contentSDP))
	m.SetBody(body)
}

// addHeaders copies headers that cross from the other leg.
func addHeaders(m message, headers []bridge.Header) {
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

// setTag gives a response another To tag.
func setTag(response *sip.Response, tag string) {
	response.To().Params.Remove("tag")
	response.To().Params.Add("tag", tag)
}

// firstContact gives the first Contact, of which sipgo's own accessor gives the last; nil if there is none.
func firstContact(m message) *sip.ContactHeader {
	for _, header := range m.GetHeaders("Contact") {
		if contact, ok := header.(*sip.ContactHeader); ok {
			return contact
		}
	}
	return nil
}

// contentType gives the media type of a body, lower-case and without parameters.
func contentType(request *sip.Request) string {
	header := request.GetHeader("Content-Type")
	if header == nil {
		return ""
	}
	value, _, _ := strings.Cut(header.Value(), ";")
	return strings.ToLower(strings.TrimSpace(value))
}

// hopsOf gives a request's hop count, which is 70 if it says nothing, and never more.
func hopsOf(request *sip.Request) int {
	if left := request.MaxForwards(); left != nil {
		return min(int(left.Val()), defaultHops)
	}
	return defaultHops
}

// hopsLeft is the Max-Forwards of what is sent for a request.
func hopsLeft(request bridge.Request) int {
	return min(cmp.Or(request.MaxForwards, defaultHops), defaultHops)
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

func unescape(value string) string {
	plain, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	return plain
}

// sipfrag is the body of a NOTIFY about a transfer (RFC 3420).
func sipfrag(cause bridge.Cause) []byte {
	text := cause.Text
	if text == "" || wire.CheckValue(text) != nil {
		text = reasonPhrase(cause.Status)
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

// refusal is the failure response that a cause becomes; otherwise is its status if the cause has none. Text and headers
// may come from a party that does not speak SIP, so what cannot be written is left out.
func refusal(request *sip.Request, cause bridge.Cause, otherwise int) *sip.Response {
	status := failureStatus(cause, otherwise)
	text := cause.Text
	if status != cause.Status || wire.CheckValue(text) != nil {
		text = ""
	}
	response := newResponse(request, status, text)
	for _, header := range cause.Headers {
		if wire.CheckValue(header.Value) == nil {
			response.AppendHeader(sip.NewHeader(header.Name, header.Value))
		}
	}
	return response
}

func failureStatus(cause bridge.Cause, otherwise int) int {
	if cause.Status < 300 || cause.Status > 699 {
		return otherwise
	}
	return cause.Status
}
