package sipua

import (
	"errors"
	"slices"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/dialog"
	"sipbridge/sipua/failover"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// serverTries is a request of a dialog whose next hop has several servers: the next one gets it if one does not take it
// (RFC 3263 section 4.3). It belongs to its leg's goroutine.
type serverTries struct {
	leg     *leg
	dialog  *dialog.Dialog
	handler transaction.Handler
	tried   []transport.Target
}

// mostServers bounds how many servers get one request.
const mostServers = 4

// send sends the request to the next server that there is a way to.
func (s *serverTries) send(request *sip.Request) (*sentRequest, error) {
	err := failover.ErrNoTarget
	for target, ok := s.next(); ok; target, ok = s.next() {
		s.tried = append(s.tried, target)
		var flow transport.Flow
		if flow, err = s.leg.flowTo(target); err != nil {
			continue
		}
		var sent *sentRequest
		if sent, err = s.sendTo(target, flow, s.prepared(flow, request)); err == nil {
			return sent, nil
		}
	}
	return nil, err
}

// next gives the first server that was not tried.
func (s *serverTries) next() (target transport.Target, ok bool) {
	for _, target = range s.leg.nextTargets(s.dialog) {
		tried := slices.ContainsFunc(s.tried, func(before transport.Target) bool {
			return before.Address == target.Address && before.Transport == target.Transport
		})
		if !tried {
			return target, len(s.tried) < mostServers
		}
	}
	return target, false
}

// prepared is the request as it goes to a server. If others have gone since it went to one before, they had greater
// numbers, so it gets the greatest one.
func (s *serverTries) prepared(flow transport.Flow, request *sip.Request) *sip.Request {
	if request.Via() == nil {
		message.Complete(flow, request)
		return request
	}
	again := message.Reroute(request, flow)
	s.dialog.KeepInOrder(again)
	return again
}

// sendTo sends the request to one server. While there is another one, a connection that ends fails it, and so does
// silence where an answer is due at once; who answers other requests may have to ask somebody first.
func (s *serverTries) sendTo(target transport.Target, flow transport.Flow, request *sip.Request,
) (*sentRequest, error) {
	l, start := s.leg, s.leg.agent.transactions.Send
	_, more := s.next()
	if more {
		start = l.agent.transactions.SendTied
	}
	var sent *sentRequest
	sent, err := l.transmitBy(start, s.dialog, flow, request, func(response *sip.Response, err error) {
		s.heard(target, sent, response, err)
	})
	if err != nil {
		return nil, err
	}
	if more && (request.IsInvite() || request.Method == sip.BYE) {
		l.after(l.agent.options.Silence, func() { sent.Fail(transaction.ErrSilent) })
	}
	return sent, nil
}

// heard takes what became of the request at one server.
func (s *serverTries) heard(target transport.Target, sent *sentRequest, response *sip.Response, err error) {
	if s.failed(target, response, err) && s.again(sent.newest()) {
		return
	}
	s.handler.Hear(response, err)
}

// failed tells whether a server did not take the request, and notes it.
func (s *serverTries) failed(target transport.Target, response *sip.Response, err error) bool {
	switch {
	case err == nil && response.StatusCode == sip.StatusServiceUnavailable:
		s.leg.agent.failover.Busy(target, response)
		return true
	case isUnreached(err):
		s.leg.agent.failover.Failed(target, err)
		return true
	}
	return false
}

// again sends the request to the next server, and reports false if there is none or nobody wants it any more.
func (s *serverTries) again(failed *sentRequest) bool {
	request, _ := failed.Sent()
	if s.leg.state == stateOver && request.Method != sip.BYE {
		return false
	}
	next, err := s.send(request)
	if err != nil {
		return false
	}
	failed.next = next
	s.leg.lingerOn()
	return true
}

// isUnreached tells whether an error means that a request has not reached its server.
func isUnreached(err error) bool {
	return errors.Is(err, sip.ErrTransactionTimeout) || errors.Is(err, sip.ErrTransactionTransport) ||
		errors.Is(err, transaction.ErrDisconnected)
}
