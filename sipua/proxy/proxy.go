package proxy

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Hop says how a request goes on.
type Hop struct {
	// RequestURI is whom it is for at the next hop.
	RequestURI sip.Uri
	// RecordRoute, if it has a host, keeps the proxy on the way of the dialog (RFC 3261 section 16.6 step 4).
	RecordRoute sip.Uri
	// Routes are the proxies behind the next hop.
	Routes []sip.Uri
	// Credentials lets the sender's credentials through, for the next hop is his own server.
	Credentials bool
}

// Forward gives the request that goes on: all but its Via, which is the transaction's. Max-Forwards has one hop less;
// that there is one left is the caller's to see.
func Forward(received *sip.Request, hop Hop) *sip.Request {
	request := sip.NewRequest(received.Method, *hop.RequestURI.Clone())
	if hop.RecordRoute.Host != "" {
		request.AppendHeader(&sip.RecordRouteHeader{Address: hop.RecordRoute})
	}
	for _, route := range hop.Routes {
		request.AppendHeader(&sip.RouteHeader{Address: route})
	}
	for _, header := range received.Headers() {
		if goesOn(header.Name(), hop.Credentials) {
			request.AppendHeader(sip.HeaderClone(header))
		}
	}
	left := sip.MaxForwardsHeader(70)
	if given := received.MaxForwards(); given != nil {
		left = sip.MaxForwardsHeader(min(given.Val(), 70) - 1)
	}
	request.AppendHeader(&left)
	request.SetBody(received.Body())
	return request
}

// goesOn tells which header fields of a request reach the other party.
func goesOn(name string, credentials bool) bool {
	switch strings.ToLower(name) {
	case "via", "route", "max-forwards", "content-length", "path":
		return false
	case "authorization", "proxy-authorization":
		return credentials
	default:
		return !asserts(name)
	}
}

// asserts tells of a header that it says who its sender is as only servers may.
func asserts(name string) bool {
	switch strings.ToLower(name) {
	case "p-asserted-identity", "p-preferred-identity", "remote-party-id":
		return true
	default:
		return false
	}
}

// Respond gives the response that goes back for one that came: with the Via of the request that it answers, and all
// else as the other party wrote it, but who it says that it is in words that only servers may use.
func Respond(received *sip.Request, came *sip.Response) *sip.Response {
	response := sip.NewResponse(came.StatusCode, came.Reason)
	sip.CopyHeaders("Via", received, response)
	for _, header := range came.Headers() {
		name := strings.ToLower(header.Name())
		if name != "via" && name != "content-length" && !asserts(name) {
			response.AppendHeader(sip.HeaderClone(header))
		}
	}
	response.SetBody(came.Body())
	return response
}
