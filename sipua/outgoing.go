package sipua

import (
	"fmt"
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// sendACK sends the ACK to a 2xx, which has no transaction.
func (a *Agent) sendACK(flow transport.Flow, request *sip.Request) error {
	message.Complete(flow, request)
	return a.transactions.SendACK(flow, request)
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
