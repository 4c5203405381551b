package sipua

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

const (
	allowedMethods   = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE"
	supportedOptions = "replaces, timer"
	// defaultHops is the Max-Forwards of a request that starts here (RFC 3261 section 8.1.1.6).
	defaultHops = 70
)

// message is what requests and responses have in common.
type message interface {
	AppendHeader(header sip.Header)
	GetHeader(name string) sip.Header
	SetBody(body []byte)
}

// addCapabilities says what we understand (RFC 3261 sections 20.5 and 20.37).
func addCapabilities(m message) {
	m.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	m.AppendHeader(sip.NewHeader("Supported", supportedOptions))
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

// addSessionExpires confirms a session refresh (RFC 4028 section 9): the interval asked for, refreshed by the asker.
func addSessionExpires(request *sip.Request, response *sip.Response) {
	header := request.GetHeader("Session-Expires")
	if header == nil {
		return
	}
	interval, _, _ := strings.Cut(header.Value(), ";")
	response.AppendHeader(sip.NewHeader("Require", "timer"))
	response.AppendHeader(sip.NewHeader("Session-Expires", strings.TrimSpace(interval)+";refresher=uac"))
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

func isSDP(request *sip.Request) bool { return contentType(request) == contentSDP }

// hops is what is left of a hop count after this one.
func hops(received int) int {
	if received <= 0 {
		return defaultHops
	}
	return received - 1
}

// parseReplaces reads a Replaces value (RFC 3891 section 6.1): its to-tag is ours, its from-tag the party's.
func parseReplaces(value string) *bridge.DialogID {
	parts := strings.Split(value, ";")
	id := bridge.DialogID{CallID: strings.TrimSpace(parts[0])}
	for _, part := range parts[1:] {
		name, tag, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(name) {
		case "to-tag":
			id.LocalTag = tag
		case "from-tag":
			id.RemoteTag = tag
		}
	}
	if id.CallID == "" || id.LocalTag == "" || id.RemoteTag == "" {
		return nil
	}
	return &id
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
	if text == "" {
		text = reasonPhrase(cause.Status)
	}
	return fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", cause.Status, text)
}

// nextAddress gives the address of the first route or the remote target, if it is written as one.
func (d *dialog) nextAddress() (netip.AddrPort, bool) {
	next := d.target
	if len(d.routes) > 0 {
		var route sip.Uri
		if _, err := sip.ParseAddressValue(d.routes[0], &route, &sip.HeaderParams{}); err != nil {
			return netip.AddrPort{}, false
		}
		next = route
	}
	address, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	port := next.Port
	if port == 0 {
		port = defaultPort
	}
	return netip.AddrPortFrom(address, uint16(port)), true
}
