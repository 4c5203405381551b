package sipua

import (
	"fmt"
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// sendStateless sends a request that has no transaction: an ACK to a 2xx. One that is too large for UDP goes over TCP,
// if the peer takes it (RFC 3261 section 18.1.1).
func (a *Agent) sendStateless(flow transport.Flow, request *sip.Request) error {
	message.Complete(flow, request)
	stream := a.transactions.streams.instead(flow, request)
	if stream == nil {
		return a.write(flow, request)
	}
	if err := a.write(stream, message.Reroute(request, stream)); err != nil {
		return a.write(flow, request)
	}
	a.crew.start(func() { a.awaitStream(stream, flow, request) })
	return nil
}

func (a *Agent) write(flow transport.Flow, request *sip.Request) error {
	return (&connection{flow: flow, trace: a.options.Trace}).WriteMsg(request)
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
