package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// mostAnswers is how many challenges to one request are answered: the first, and one that calls its nonce stale.
const mostAnswers = 2

// invitedAs are the credentials of our last INVITE that was challenged: its ACK has them too (RFC 3261 section 22.1).
type invitedAs struct {
	sequence uint32
	header   sip.Header
}

// answerer makes the credentials that a server asks for: a trunk's, or a user's own.
type answerer interface {
	// Name is the trunk, or the domain, whose server it is.
	Name() string
	// Answer gives the header that answers a challenge to a request of this method and Request-URI.
	Answer(response *sip.Response, method sip.RequestMethod, uri sip.Uri) (sip.Header, error)
}

// prove answers the challenge of the leg's server by sending the request again with credentials, and reports false if
// there is nothing to be answered, or if it cannot be (RFC 3261 section 22.2).
func (l *leg) prove(
	d *dialog.Dialog, challenged *sentRequest, response *sip.Response, handler transaction.Handler,
) bool {
	request, flow := challenged.Sent()
	if !l.mayProve(challenged, response) {
		return false
	}
	header, err := l.answers.Answer(response, request.Method, request.Recipient)
	if err != nil {
		l.log.Info("challenge not answered", "of", l.answers.Name(), "method", request.Method, "error", err)
		return false
	}
	sequence := d.SequenceAfter(request)
	sendAgain(request, sequence, header)
	if request.IsInvite() {
		l.invitedAs = invitedAs{sequence: sequence, header: header}
	}
	next, err := l.transmit(d, flow, request, handler)
	if err != nil {
		handler.Hear(nil, err)
		return true
	}
	next.answered = challenged.answered + 1
	challenged.next = next
	l.replaceCalling(challenged, next)
	return true
}

// replaceCalling puts the INVITE with credentials in the place of the one without. Its target is alive.
func (l *leg) replaceCalling(challenged, next *sentRequest) {
	if l.calling == nil || l.calling.transaction != challenged {
		return
	}
	l.calling.transaction, l.calling.provisional = next, false
	if now := l.calling.attempts.now; now != nil {
		now.stop()
		now.transaction = next
	}
}

// mayProve tells whether a response challenges us for credentials that we have. They go to the server's own addresses
// and to nobody else whom it has sent the dialog to, however he names his realm.
func (l *leg) mayProve(challenged *sentRequest, response *sip.Response) bool {
	request, flow := challenged.Sent()
	if l.answers == nil || !message.IsChallenge(response) || challenged.answered >= mostAnswers ||
		!l.agent.isAt(l.answers, flow) {
		return false
	}
	if request.IsInvite() {
		return l.state != stateOver && (l.calling == nil || l.calling.canceled == nil)
	}
	return l.state != stateOver || request.Method == sip.BYE
}

// sendAgain makes a new request of one that was not taken: another branch and sequence number, and other headers in
// the place of those for which it was refused.
func sendAgain(request *sip.Request, sequence uint32, headers ...sip.Header) {
	via := request.Via()
	via.Params.Remove("branch")
	via.Params.Add("branch", sip.RFC3261BranchMagicCookie+message.NewTag())
	request.CSeq().SeqNo = sequence
	for _, header := range headers {
		request.RemoveHeader(header.Name())
		request.AppendHeader(header)
	}
}

// transmit starts a client transaction for a complete request.
func (l *leg) transmit(d *dialog.Dialog, flow transport.Flow, request *sip.Request, handler transaction.Handler,
) (*sentRequest, error) {
	return l.transmitBy(l.agent.transactions.Send, d, flow, request, handler)
}

// starter starts a client transaction.
type starter func(flow transport.Flow, request *sip.Request, handler transaction.Handler) (*transaction.Client, error)

// transmitBy starts one in some way.
func (l *leg) transmitBy(
	start starter, d *dialog.Dialog, flow transport.Flow, request *sip.Request, handler transaction.Handler,
) (*sentRequest, error) {
	sent := &sentRequest{}
	client, err := start(flow, request, func(response *sip.Response, err error) {
		l.mailbox.post(func() {
			if _, open := l.open[sent]; open && (err != nil || response.StatusCode >= 200) {
				delete(l.open, sent)
				l.pending--
			}
			if err == nil && l.prove(d, sent, response, handler) {
				return
			}
			handler.Hear(response, err)
		})
	})
	if err != nil {
		return nil, err
	}
	sent.Client = client
	l.pending++
	l.open[sent] = struct{}{}
	if request.IsInvite() {
		l.invites = append(l.invites, client)
	}
	return sent, nil
}
