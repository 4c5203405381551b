package sipua

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// errNoTarget is why a request could not be sent: its next hops stand for no server.
var errNoTarget = errors.New("no server to send to")

// sendInOrder sends a request that is no INVITE to one target after the other until one answers with something else
// than 503 (RFC 3263 section 4.3), and gives its final response. build makes the request complete for a flow, each
// time with a branch of its own. It blocks for limit at most.
func (a *Agent) sendInOrder(targets []transport.Target, limit time.Duration,
	build func(transport.Flow) *sip.Request,
) (*sip.Response, error) {
	deadline := time.Now().Add(limit)
	var response *sip.Response
	err := errNoTarget
	for i, target := range targets {
		left := time.Until(deadline)
		silence := a.options.Silence
		if i == len(targets)-1 {
			silence = left
		}
		response, err = a.sendTo(target, min(silence, left), left, build)
		switch {
		case errors.Is(err, transaction.ErrClosed) || err == nil && response.StatusCode != sip.StatusServiceUnavailable:
			return response, err
		case err == nil:
			a.targetBusy(target, response)
		case !errors.Is(err, transaction.ErrTooLarge):
			a.targetFailed(target, err)
		}
	}
	return response, err
}

// sendTo sends a request to one target and waits for the final response: for as long as limit, but without any
// response only for silence.
func (a *Agent) sendTo(target transport.Target, silence, limit time.Duration,
	build func(transport.Flow) *sip.Request,
) (*sip.Response, error) {
	flow, err := a.options.Transports.FlowTo(target)
	if err != nil {
		return nil, err
	}
	asking, err := a.ask(flow, build(flow))
	if err != nil {
		return nil, err
	}
	return asking.wait(silence, limit)
}

// asking is a request of ours whose answer somebody waits for.
type asking struct {
	agent       *Agent
	flow        transport.Flow
	transaction *transaction.Client
	heard       chan struct{}
	final       chan *sip.Response
	failed      chan error
}

// ask sends a request on a flow. Whoever asks has to wait.
func (a *Agent) ask(flow transport.Flow, request *sip.Request) (*asking, error) {
	w := &asking{
		agent: a, flow: flow,
		heard: make(chan struct{}, 1), final: make(chan *sip.Response, 1), failed: make(chan error, 1),
	}
	var err error
	w.transaction, err = a.transactions.Send(flow, request, func(response *sip.Response, err error) {
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

// wait gives the final response: it waits for as long as limit, but without any response only for silence.
func (w *asking) wait(silence, limit time.Duration) (response *sip.Response, err error) {
	silent, over := make(chan struct{}), make(chan struct{})
	defer w.agent.after(silence, func() { close(silent) }).Stop()
	defer w.agent.after(limit, func() { close(over) }).Stop()
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
		case <-w.agent.closing:
			err = transaction.ErrClosed
		}
		w.transaction.Abandon()
		return nil, err
	}
}

// offer puts a value into a channel if there is room.
func offer[V any](channel chan<- V, value V) {
	select {
	case channel <- value:
	default:
	}
}
