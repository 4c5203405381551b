package message

import (
	"crypto/rand"
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// NewTag makes a tag or Call-ID that cannot be guessed: at least 128 random bits.
func NewTag() string { return rand.Text() }

// NewVia is our own Via on a flow, with a new branch. It asks for rport on UDP (RFC 3581 section 3).
func NewVia(flow transport.Flow) *sip.ViaHeader {
	at := transport.AdvertisedAddr(flow)
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: flow.Transport(),
		Host: Host(at.Addr()), Port: int(at.Port()), Params: sip.NewParams(),
	}
	via.Params.Add("branch", sip.RFC3261BranchMagicCookie+NewTag())
	if flow.Done() == nil {
		via.Params.Add("rport", "")
	}
	if _, ours := transport.TargetOf(flow); ours && flow.Transport() == "TLS" {
		via.Params.Add("alias", "") // RFC 5923 section 4: the peer may use the connection, too
	}
	return via
}

// Reroute is a complete request as it goes another way: its first Via says so, everything else stays.
func Reroute(request *sip.Request, flow transport.Flow) *sip.Request {
	again := request.Clone()
	again.RemoveHeader("Via")
	for _, header := range request.GetHeaders("Via")[1:] {
		again.AppendHeader(sip.HeaderClone(header))
	}
	again.PrependHeader(NewVia(flow))
	return again
}

// Complete puts our Via and, where it is missing, Max-Forwards on a request.
func Complete(flow transport.Flow, request *sip.Request) {
	request.PrependHeader(NewVia(flow))
	if request.MaxForwards() == nil {
		maxForwards := sip.MaxForwardsHeader(DefaultHops)
		request.AppendHeader(&maxForwards)
	}
	request.AppendHeader(sip.NewHeader("User-Agent", "sipbridge"))
}

// ContactOn is our own address as a peer on a flow sees it.
func ContactOn(flow transport.Flow, user string) sip.Uri {
	at := transport.AdvertisedAddr(flow)
	uri := sip.Uri{Scheme: "sip", User: user, Host: Host(at.Addr()), Port: int(at.Port())}
	if word := flow.Transport(); word != "UDP" {
		uri.UriParams = sip.NewParams()
		uri.UriParams.Add("transport", sip.ASCIIToLower(word))
	}
	return uri
}

// Host is an address as the host of a URI or Via; IPv6 in brackets.
func Host(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		return "[" + address.WithZone("").String() + "]"
	}
	return address.String()
}

// DefaultHops is the Max-Forwards of a request that starts here (RFC 3261 section 8.1.1.6).
const DefaultHops = 70

// Cancel builds the CANCEL of a request: same Request-URI, Via, Route, From, To, Call-ID and sequence number.
func Cancel(invite *sip.Request) *sip.Request {
	cancel := sip.NewRequest(sip.CANCEL, invite.Recipient)
	for _, name := range []string{"Via", "Route", "From", "To", "Call-ID"} {
		sip.CopyHeaders(name, invite, cancel)
	}
	cancel.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	maxForwards := sip.MaxForwardsHeader(DefaultHops)
	cancel.AppendHeader(&maxForwards)
	return cancel
}
