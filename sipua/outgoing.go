package sipua

import (
	"fmt"
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// sendStateless sends a request that has no transaction: an ACK to a 2xx. One that is too large for UDP goes over TCP,
// if the peer takes it (RFC 3261 section 18.1.1).
func (a *Agent) sendStateless(flow transport.Flow, request *sip.Request) error {
	a.complete(flow, request)
	stream := a.transactions.streams.instead(flow, request)
	if stream == nil {
		return a.write(flow, request)
	}
	if err := a.write(stream, rerouted(request, stream)); err != nil {
		return a.write(flow, request)
	}
	a.crew.start(func() { a.awaitStream(stream, flow, request) })
	return nil
}

func (a *Agent) write(flow transport.Flow, request *sip.Request) error {
	return (&connection{flow: flow, trace: a.options.Trace}).WriteMsg(request)
}

// complete puts our Via and, where it is missing, Max-Forwards on a request.
func (a *Agent) complete(flow transport.Flow, request *sip.Request) {
	request.PrependHeader(newVia(flow))
	if request.MaxForwards() == nil {
		maxForwards := sip.MaxForwardsHeader(defaultHops)
		request.AppendHeader(&maxForwards)
	}
	request.AppendHeader(sip.NewHeader("User-Agent", "sipbridge"))
}

// rerouted is a complete request as it goes another way: its first Via says so, everything else stays.
func rerouted(request *sip.Request, flow transport.Flow) *sip.Request {
	again := request.Clone()
	again.RemoveHeader("Via")
	for _, header := range request.GetHeaders("Via")[1:] {
		again.AppendHeader(sip.HeaderClone(header))
	}
	again.PrependHeader(newVia(flow))
	return again
}

// newVia is our own Via on a flow, with a new branch. It asks for rport on UDP (RFC 3581 section 3).
func newVia(flow transport.Flow) *sip.ViaHeader {
	at := transport.AdvertisedAddr(flow)
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: flow.Transport(),
		Host: hostOf(at.Addr()), Port: int(at.Port()), Params: sip.NewParams(),
	}
	via.Params.Add("branch", sip.RFC3261BranchMagicCookie+newTag())
	if flow.Done() == nil {
		via.Params.Add("rport", "")
	}
	if _, ours := transport.TargetOf(flow); ours && flow.Transport() == "TLS" {
		via.Params.Add("alias", "") // RFC 5923 section 4: the peer may use the connection, too
	}
	return via
}

// contact is our own address as a peer on a flow sees it.
func (a *Agent) contact(flow transport.Flow, user string) sip.Uri {
	at := transport.AdvertisedAddr(flow)
	uri := sip.Uri{Scheme: "sip", User: user, Host: hostOf(at.Addr()), Port: int(at.Port())}
	if word := flow.Transport(); word != "UDP" {
		uri.UriParams = sip.NewParams()
		uri.UriParams.Add("transport", sip.ASCIIToLower(word))
	}
	return uri
}

func hostOf(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		return "[" + address.WithZone("").String() + "]"
	}
	return address.String()
}

// replyFlow is where responses to a request go: back on its connection, or on UDP to its source, at the port
// of its Via unless it asked for rport (RFC 3261 section 18.2.2, RFC 3581). It notes the source in the Via.
func replyFlow(transports Transports, flow transport.Flow, request *sip.Request) transport.Flow {
	via := request.Via()
	if via == nil {
		return flow
	}
	source := flow.RemoteAddr()
	if via.Host != source.Addr().Unmap().String() {
		via.Params.Remove("received")
		via.Params.Add("received", source.Addr().Unmap().String())
	}
	if via.Params.Has("rport") {
		via.Params.Remove("rport")
		via.Params.Add("rport", fmt.Sprint(source.Port()))
		return flow
	}
	port := via.Port
	if port == 0 {
		port = defaultPort
	}
	if flow.Done() != nil || port == int(source.Port()) {
		return flow
	}
	reply, err := transports.FlowTo(transport.Target{
		Transport: flow.Transport(), Address: netip.AddrPortFrom(source.Addr(), uint16(port)),
	})
	if err != nil {
		return flow
	}
	return reply
}
