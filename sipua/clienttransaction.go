package sipua

import (
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// responseHandler hears each response to a request that we sent, and at most one error: a timeout
// (sip.ErrTransactionTimeout) or a broken transport (sip.ErrTransactionTransport). It must not block.
type responseHandler func(response *sip.Response, err error)

// clientTransaction is a request that we sent (RFC 3261 section 17.1).
//
// The state machine sends the ACK to a failed INVITE, but waits inside its lock when the failure
// is retransmitted; so retransmitted final responses never reach it: here the same ACK is sent again.
type clientTransaction struct {
	request *sip.Request
	flow    transport.Flow
	machine *sip.ClientTx
	handler responseHandler

	mu    sync.Mutex
	final int    // guarded by mu: status of the first final response
	ack   []byte // guarded by mu: the ACK sent for a failed INVITE
}

// receive takes a response that matched.
func (t *clientTransaction) receive(response *sip.Response) {
	t.mu.Lock()
	repeated := t.final != 0
	if !repeated && response.StatusCode >= 200 {
		t.final = response.StatusCode
	}
	ack := t.ack
	t.mu.Unlock()

	switch {
	case !repeated:
		t.machine.Receive(response)
	case response.IsSuccess() && t.request.IsInvite():
		t.handler(response, nil) // a repeated or forked 2xx: the dialog acknowledges each (RFC 6026)
	case ack != nil && response.StatusCode >= 300:
		_ = t.flow.Send(ack)
	}
}

// wrote keeps the ACK that the state machine sends for a failed INVITE.
func (t *clientTransaction) wrote(message sip.Message, raw []byte) {
	if request, ok := message.(*sip.Request); ok && request.IsAck() {
		t.mu.Lock()
		t.ack = raw
		t.mu.Unlock()
	}
}

// pump hands the state machine's responses to the handler until the transaction ends.
func (t *clientTransaction) pump() {
	final := false
	for {
		select {
		case response := <-t.machine.Responses():
			final = final || response.StatusCode >= 200
			t.handler(response, nil)
		case <-t.machine.Done():
			if !final {
				t.handler(nil, t.failure())
			}
			return
		}
	}
}

// abandon ends the transaction, whatever still comes. Its handler hears of it if there was no final response.
func (t *clientTransaction) abandon() { t.machine.Terminate() }

func (t *clientTransaction) failure() error {
	if err := t.machine.Err(); err != nil {
		return err
	}
	return sip.ErrTransactionTerminated
}
