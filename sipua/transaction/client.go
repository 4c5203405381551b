package transaction

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

var (
	// ErrDisconnected is why a request is given up: the connection to its peer was refused or has ended.
	ErrDisconnected = errors.New("no connection")
	// ErrSilent is why a request is given up before its time: nobody says anything.
	ErrSilent = fmt.Errorf("nothing heard: %w", sip.ErrTransactionTimeout)
)

// Handler hears each response to a request that we sent, on the goroutine of the flow that brought it and so in
// the order in which messages came, and at most one error: a timeout (sip.ErrTransactionTimeout) or a broken
// transport (sip.ErrTransactionTransport). It must not block.
type Handler func(response *sip.Response, err error)

// Hear calls the handler, if there is one.
func (h Handler) Hear(response *sip.Response, err error) {
	if h != nil {
		h(response, err)
	}
}

// Client is a request that we sent (RFC 3261 section 17.1).
//
// The state machine sends the ACK to a failed INVITE, but waits inside its lock when the failure
// is retransmitted; so retransmitted final responses never reach it: here the same ACK is sent again. What it passes up
// is dropped, for it comes on another goroutine: a request that follows a response would overtake it.
type Client struct {
	table *Table
	// settled is closed when the first final response has been taken.
	settled chan struct{}
	// datagram is how the request may go if the connection cannot be had that it was given because it is too large for
	// UDP; nil if it was given none.
	datagram *datagram
	// tied tells that it fails with its flow. Others wait: who has lost a connection may answer on the next one.
	tied bool
	// inDialog tells that the request has a To tag. Once it is answered, who sent it may make another one of it.
	inDialog bool
	// muted tells that an INVITE is not repeated any more.
	muted atomic.Bool
	// stays tells that a large request does not go over UDP, even if it can't go over TCP.
	stays atomic.Bool

	mu sync.Mutex
	// The request as it went out, the way it went, and its state machine; guarded by mu, and set anew only before
	// anything was heard.
	request   *sip.Request
	flow      transport.Flow
	machine   *sip.ClientTx
	handler   Handler // guarded by mu; nil when nobody listens any more
	abandoned bool    // guarded by mu
	final     int     // guarded by mu: status of the first final response, or noResponse
	heard     bool    // guarded by mu: any response has come
	fault     error   // guarded by mu: why it was given up, if it was
	ack       []byte  // guarded by mu: the ACK sent for a failed INVITE
}

// receive takes a response that matched.
func (t *Client) receive(response *sip.Response) {
	t.mu.Lock()
	t.heard = true
	repeated, handler, invite := t.final != 0, t.handler, t.request.IsInvite()
	if !repeated && response.StatusCode >= 200 {
		t.final = response.StatusCode
		defer close(t.settled)
		if !response.IsSuccess() || !invite {
			t.handler = nil // it has heard all
		}
	}
	ack, machine, flow := t.ack, t.machine, t.flow
	t.mu.Unlock()

	switch {
	case !repeated:
		machine.Receive(response)
		handler.Hear(response, nil)
	case response.IsSuccess() && invite:
		handler.Hear(response, nil) // a repeated or forked 2xx: the dialog acknowledges each (RFC 6026)
	case ack != nil && response.StatusCode >= 300:
		_ = flow.Send(ack)
	}
}

// wrote keeps the ACK that the state machine sends for a failed INVITE.
func (t *Client) wrote(message sip.Message, raw []byte) {
	if request, ok := message.(*sip.Request); ok && request.IsAck() {
		t.mu.Lock()
		t.ack = raw
		t.mu.Unlock()
	}
}

// set notes a request, its way and its state machine. It tells whether the transaction was given up meanwhile.
func (t *Client) set(request *sip.Request, flow transport.Flow, machine *sip.ClientTx) (abandoned bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.request, t.flow, t.machine = request, flow, machine
	return t.abandoned
}

// hasFinal tells whether a final response has come, or will not come any more.
func (t *Client) hasFinal() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.final != 0
}

// Sent gives the request as it went out, and the way it went.
func (t *Client) Sent() (*sip.Request, transport.Flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.request, t.flow
}

// pump keeps the state machine going until there is a final response, and tells the handler if the transaction ends
// without one. What comes later never reaches the machine, whose timers end it.
func (t *Client) pump() {
	if t.datagram != nil {
		t.awaitConnection()
	}
	t.mu.Lock()
	machine, gone := t.machine, t.flow.Done()
	t.mu.Unlock()
	if !t.tied {
		gone = nil
	}
	for {
		select {
		case <-machine.Responses():
		case <-gone:
			gone = nil
			t.Fail(ErrDisconnected)
		case <-t.settled:
			return
		case <-machine.Done():
			if handler, open := t.close(); open {
				handler.Hear(nil, t.failure(machine))
			}
			return
		}
	}
}

// awaitConnection returns when the connection for a large request can be left to itself, or was given up.
func (t *Client) awaitConnection() {
	machine, _ := t.unheard()
	_, flow := t.Sent()
	defer t.datagram.late.Stop()
	late := t.datagram.late.C
	for {
		select {
		case <-machine.Responses():
		case <-t.settled:
			return
		case <-machine.Done():
			if transport.IsGone(flow) && !isConnected(flow) {
				t.fallBack()
			}
			return
		case <-late:
			if late = nil; !isConnected(flow) {
				t.fallBack()
				return
			}
		case <-flow.Done():
			t.fallBack()
			return
		}
	}
}

// close takes no response any more. If there was no final one it gives the handler, which has to hear of that.
func (t *Client) close() (handler Handler, open bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final != 0 {
		return nil, false
	}
	t.final = noResponse
	return t.handler, true
}

// Forget lets go of the handler, whose owner is gone: the transaction stays for 32 s after a 2xx (RFC 6026 timer M),
// and would keep the whole call in memory.
func (t *Client) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handler = nil
}

func (t *Client) isListened() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.handler != nil
}

// noResponse stands for the final response of a transaction that ended without one.
const noResponse = -1

// Mute stops repeating an INVITE, but goes on taking what comes: somebody may ring because of it.
func (t *Client) Mute() { t.muted.Store(true) }

// keeps tells whether a message is one that must not be sent any more.
func (t *Client) keeps(message sip.Message) bool {
	request, ok := message.(*sip.Request)
	return ok && request.IsInvite() && t.muted.Load()
}

// Abandon ends the transaction, whatever still comes. Its handler hears of it if there was no final response.
func (t *Client) Abandon() {
	t.mu.Lock()
	t.abandoned = true
	machine := t.machine
	t.mu.Unlock()
	machine.Terminate()
}

// Fail gives the transaction up because of an error, unless its peer has been heard.
func (t *Client) Fail(err error) {
	t.mu.Lock()
	heard := t.heard
	if !heard {
		t.fault = err
	}
	t.mu.Unlock()
	if !heard {
		t.Abandon()
	}
}

func (t *Client) failure(machine *sip.ClientTx) error {
	t.mu.Lock()
	fault := t.fault
	t.mu.Unlock()
	if fault != nil {
		return fault
	}
	if err := machine.Err(); err != nil {
		return err
	}
	return sip.ErrTransactionTerminated
}
