package failover

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// ErrNoTarget is why a request could not be sent: its next hops stand for no server.
var ErrNoTarget = errors.New("no server to send to")

// SendInOrder sends a request that is no INVITE to one target after the other until one answers with something else
// than 503 (RFC 3263 section 4.3), and gives its final response. build makes the request complete for a flow, each
// time with a branch of its own. It blocks for limit at most.
func (s *Servers) SendInOrder(targets []transport.Target, limit time.Duration,
	build func(transport.Flow) *sip.Request,
) (*sip.Response, error) {
	deadline := time.Now().Add(limit)
	var response *sip.Response
	err := ErrNoTarget
	for i, target := range targets {
		left := time.Until(deadline)
		silence := s.options.Silence
		if i == len(targets)-1 {
			silence = left
		}
		response, err = s.SendTo(target, min(silence, left), left, build)
		switch {
		case errors.Is(err, transaction.ErrClosed) || err == nil && response.StatusCode != sip.StatusServiceUnavailable:
			return response, err
		case err == nil:
			s.Busy(target, response)
		case !errors.Is(err, transaction.ErrTooLarge):
			s.Failed(target, err)
		}
	}
	return response, err
}

// SendTo sends a request to one target and waits for the final response: for as long as limit, but without any
// response only for silence.
func (s *Servers) SendTo(target transport.Target, silence, limit time.Duration,
	build func(transport.Flow) *sip.Request,
) (*sip.Response, error) {
	flow, err := s.options.FlowTo(target)
	if err != nil {
		return nil, err
	}
	asking, err := s.Ask(flow, build(flow))
	if err != nil {
		return nil, err
	}
	return asking.Wait(silence, limit)
}

// Asking is a request of ours whose answer somebody waits for.
type Asking struct {
	servers     *Servers
	flow        transport.Flow
	transaction *transaction.Client
	heard       chan struct{}
	final       chan *sip.Response
	failed      chan error
}

// Ask sends a request on a flow. Whoever asks has to wait.
func (s *Servers) Ask(flow transport.Flow, request *sip.Request) (*Asking, error) {
	w := &Asking{
		servers: s, flow: flow,
		heard: make(chan struct{}, 1), final: make(chan *sip.Response, 1), failed: make(chan error, 1),
	}
	var err error
	w.transaction, err = s.options.Transactions.Send(flow, request, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			offer(w.failed, err)
		case response.IsProvisional():
			offer(w.heard, struct{}{})
		default:
			offer(w.final, response)
		}
	})
	return w, err
}

// Wait gives the final response: it waits for as long as limit, but without any response only for silence.
func (w *Asking) Wait(silence, limit time.Duration) (response *sip.Response, err error) {
	silent, over := make(chan struct{}), make(chan struct{})
	defer w.servers.options.After(silence, func() { close(silent) }).Stop()
	defer w.servers.options.After(limit, func() { close(over) }).Stop()
	gone := w.flow.Done()
	for {
		select {
		case response := <-w.final:
			return response, nil
		case err = <-w.failed:
			return nil, err
		case <-w.heard:
			silent, gone = nil, nil // the answer may come on another connection
			continue
		case <-silent:
			err = transaction.ErrSilent
		case <-over:
			err = transaction.ErrSilent
		case <-gone:
			err = transaction.ErrDisconnected
		case <-w.servers.options.Closing:
			err = transaction.ErrClosed
		}
		w.transaction.Abandon()
		select {
		case response := <-w.final: // it came in this moment
			return response, nil
		default:
			return nil, err
		}
	}
}

// offer puts a value into a channel if there is room.
func offer[V any](channel chan<- V, value V) {
	select {
	case channel <- value:
	default:
	}
}
