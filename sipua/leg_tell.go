package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// said takes a MESSAGE or INFO of the party for the other one, whose answer is the answer to it.
func (l *leg) said(transaction *transaction.Server) {
	request := transaction.Request
	if l.state != stateConfirmed && l.state != stateAnswered {
		transaction.Respond(480, "")
		return
	}
	l.spoken = append(l.spoken, transaction)
	message := messageIn(request)
	message.Headers = append(l.saidIn(request), message.Headers...)
	l.emit(bridge.Told{Message: message, Done: func(cause bridge.Cause) {
		l.mailbox.post(func() { l.saidDone(transaction, cause) })
	}})
}

// messageIn is what a MESSAGE or INFO says, with the headers that describe its body.
func messageIn(request *sip.Request) bridge.Message {
	message := bridge.Message{
		Data: request.Method == sip.INFO, ContentType: message.Value(request, "Content-Type"), Body: request.Body(),
	}
	for _, header := range request.Headers() {
		if name := header.Name(); isContent(name) && !strings.EqualFold(name, "Content-Type") {
			message.Headers = append(message.Headers, bridge.Header{Name: name, Value: header.Value()})
		}
	}
	return message
}

// saidDone answers what the party said.
func (l *leg) saidDone(transaction *transaction.Server, cause bridge.Cause) {
	for i, open := range l.spoken {
		if open == transaction {
			l.spoken = append(l.spoken[:i], l.spoken[i+1:]...)
			break
		}
	}
	switch {
	case transaction.Answered():
	case cause.Status >= 200 && cause.Status < 300:
		transaction.Respond(200, "")
	default:
		transaction.Send(message.Refusal(transaction.Request, cause, 480))
	}
}

// tell brings the party what the other one says. done hears what the party answers.
func (l *leg) tell(said bridge.Message, done func(bridge.Cause)) {
	if l.state != stateConfirmed && l.state != stateAnswered {
		done(bridge.Cause{Status: 480})
		return
	}
	request := l.dialog.Request(methodOf(said))
	addHeaders(request, l.sayable(said.Headers))
	if said.ContentType != "" {
		request.AppendHeader(sip.NewHeader("Content-Type", said.ContentType))
	}
	request.SetBody(said.Body)
	if transaction.IsTooLarge(l.nextHop(l.dialog), request) {
		done(bridge.Cause{Status: 513, Text: message.Phrase(513)})
		return
	}
	_, err := l.send(request, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			done(bridge.Cause{Status: 480, Err: err}) // never 408, RFC 4320 section 4.2
		case !response.IsProvisional():
			done(l.answerTo(response))
		}
	})
	if err != nil {
		done(message.CauseOfError(err))
	}
}

// answerTo is what the party's answer becomes for the other one, whom it may not ask for a password.
func (l *leg) answerTo(response *sip.Response) bridge.Cause {
	if response.StatusCode == 401 || response.StatusCode == 407 {
		return bridge.Cause{Status: 403}
	}
	return bridge.Cause{
		Status: response.StatusCode, Text: response.Reason, Headers: l.saidIn(response),
	}
}

func methodOf(message bridge.Message) sip.RequestMethod {
	if message.Data {
		return sip.INFO
	}
	return sip.MESSAGE
}
