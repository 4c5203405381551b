package sipua

import (
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

var (
	// errNoTarget is why a request could not be sent: its next hops stand for no server.
	errNoTarget = errors.New("no server to send to")
	// errSilent is why a server is given up: it said nothing.
	errSilent = fmt.Errorf("nothing heard: %w", sip.ErrTransactionTimeout)
	// errDisconnected is why a server is given up: the connection to it was refused or has ended.
	errDisconnected = errors.New("no connection")
)

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
		case errors.Is(err, errClosed) || err == nil && response.StatusCode != sip.StatusServiceUnavailable:
			return response, err
		case err == nil:
			a.targetBusy(target, response)
		case !errors.Is(err, errTooLarge):
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
	request := build(flow)
	heard, final, failed := make(chan struct{}, 1), make(chan *sip.Response, 1), make(chan error, 1)
	transaction, err := a.transactions.send(flow, request, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			offer(failed, err)
		case response.IsProvisional():
			offer(heard, struct{}{})
		default:
			offer(final, response)
		}
	})
	if err != nil {
		return nil, err
	}
	silent, over := make(chan struct{}), make(chan struct{})
	defer a.after(silence, func() { close(silent) }).Stop()
	defer a.after(limit, func() { close(over) }).Stop()
	gone := flow.Done()
	for {
		select {
		case response := <-final:
			return response, nil
		case err = <-failed:
			return nil, err
		case <-heard:
			silent, gone = nil, nil // the answer may come on another connection
			continue
		case <-silent:
			err = errSilent
		case <-over:
			err = errSilent
		case <-gone:
			err = errDisconnected
		case <-a.closing:
			err = errClosed
		}
		transaction.abandon()
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
