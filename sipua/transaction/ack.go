package transaction

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// Write sends a message outside of any transaction.
func (t *Table) Write(flow transport.Flow, message sip.Message) error {
	return (&connection{flow: flow, trace: t.trace}).WriteMsg(message)
}

// SendACK sends a request that has no transaction: the ACK to a 2xx. One that is too large for UDP goes over TCP,
// if the peer takes it (RFC 3261 section 18.1.1).
func (t *Table) SendACK(flow transport.Flow, request *sip.Request) error {
	stream := t.streams.instead(flow, request)
	if stream == nil {
		return t.Write(flow, request)
	}
	if err := t.Write(stream, message.Reroute(request, stream)); err != nil || !t.mayPump() {
		return t.Write(flow, request)
	}
	go func() {
		defer t.pumps.Done()
		t.awaitStream(stream, flow, request)
	}()
	return nil
}

// awaitStream sends a request without a transaction over UDP after all, if the connection that was to carry it does not
// come about. One that nobody answers has nothing else to tell that it was lost.
func (t *Table) awaitStream(stream, flow transport.Flow, request *sip.Request) {
	late := time.NewTimer(streamPatience)
	defer late.Stop()
	select {
	case <-stream.Done():
	case <-late.C:
		if isConnected(stream) {
			return
		}
	case <-t.closing:
		if isConnected(stream) {
			return
		}
	}
	t.streams.refused(flow.RemoteAddr())
	if err := t.Write(flow, request); err != nil {
		t.log.Debug("request not sent", "method", request.Method, "error", err)
	}
}
