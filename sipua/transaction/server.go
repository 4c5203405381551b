package transaction

import (
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
)

// Server is a request that we have to answer (RFC 3261 section 17.2).
type Server struct {
	Request *sip.Request
	machine *sip.ServerTx

	// final is the status of the final response, 0 while there is none.
	final atomic.Int32
	// browser says that a browser asks, which can answer only some challenges.
	browser  bool
	mu       sync.Mutex
	canceled func(cancel *sip.Request) // guarded by mu: hears a CANCEL; nil when nobody does
}

// Cancel tells the owner of a CANCEL.
func (t *Server) Cancel(request *sip.Request) {
	t.mu.Lock()
	canceled := t.canceled
	t.mu.Unlock()
	if canceled != nil {
		canceled(request)
	}
}

// Repeat takes the request once more: its sender gets the same answer again.
func (t *Server) Repeat(request *sip.Request) { _ = t.machine.Receive(request) }

// Acknowledge takes the ACK to a failure. It reports false if there was none: the ACK to a 2xx belongs to the dialog.
func (t *Server) Acknowledge(ack *sip.Request) bool {
	if t.final.Load() < 300 {
		return false
	}
	_ = t.machine.Receive(ack)
	return true
}

// Forget lets go of the owner, which is gone: the transaction stays for 32 s after a 2xx (RFC 6026 timer L), and would
// keep the whole call in memory.
func (t *Server) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.canceled = nil
}

func (t *Server) isListened() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.canceled != nil
}

// Respond sends a response built from the request.
func (t *Server) Respond(status int, reason string, headers ...sip.Header) {
	t.Send(message.NewResponse(t.Request, status, reason), headers...)
}

// Send sends a response. A transport error is the state machine's business: the peer retransmits or is gone.
func (t *Server) Send(response *sip.Response, headers ...sip.Header) {
	for _, header := range headers {
		response.AppendHeader(header)
	}
	if t.browser && message.IsChallenge(response) {
		narrowChallenges(response)
	}
	if response.StatusCode >= 200 {
		t.final.Store(int32(response.StatusCode))
	}
	_ = t.machine.Respond(response)
}

// narrowChallenges leaves of the challenges of another server the one that a browser can answer.
func narrowChallenges(response *sip.Response) {
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		values := digest.ForBrowser(message.Values(response, name))
		for range response.GetHeaders(name) {
			response.RemoveHeader(name)
		}
		for _, value := range values {
			response.AppendHeader(sip.NewHeader(name, value))
		}
	}
}

// Answered tells whether a final response has been sent.
func (t *Server) Answered() bool { return t.final.Load() != 0 }
