package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
)

// causeOfResponse is the cause that a failed response stands for, with the headers that its receiver needs: challenges,
// and those that cross.
func (l *leg) causeOfResponse(response *sip.Response) bridge.Cause {
	cause := bridge.Cause{Status: response.StatusCode, Text: response.Reason}
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		for _, header := range response.GetHeaders(name) {
			cause.Headers = append(cause.Headers, bridge.Header{Name: header.Name(), Value: header.Value()})
		}
	}
	cause.Headers = append(cause.Headers, l.saidIn(response)...)
	return cause
}

// farewell is what the party says with its BYE or CANCEL.
func (l *leg) farewell(request *sip.Request) bridge.Cause {
	cause := message.CauseOf(request)
	cause.Headers = l.saidIn(request)
	return cause
}

// sayWhy puts the reason into a BYE or CANCEL, and what the other party said with its own.
func (l *leg) sayWhy(request *sip.Request, cause bridge.Cause) {
	cause.Headers = l.sayable(cause.Headers)
	for _, reason := range message.Reasons(cause) {
		request.AppendHeader(reason)
	}
	for _, header := range cause.Headers {
		switch strings.ToLower(header.Name) {
		case "reason", "retry-after", "warning", "www-authenticate", "proxy-authenticate":
		default:
			request.AppendHeader(sip.NewHeader(header.Name, header.Value))
		}
	}
}

// saidIn picks what the party says in a message for the other one.
func (l *leg) saidIn(m message.Message) []bridge.Header {
	return crossing(l.agent.policyFor(l.trunk), m, l.sender())
}

// sayable is what the other party says without what this one is not to hear.
func (l *leg) sayable(said []bridge.Header) []bridge.Header {
	return sayable(l.agent.policyFor(l.trunk), said)
}

func sayable(policy headers.Policy, said []bridge.Header) []bridge.Header {
	var kept []bridge.Header
	for _, header := range said {
		if !policy.Strips(header.Name) {
			kept = append(kept, header)
		}
	}
	return kept
}

// sender says how far the headers of the leg's party are believed.
func (l *leg) sender() headers.Sender {
	_, user := l.place()
	switch {
	case l.trusted:
		return headers.Server
	case user != "":
		return headers.User
	default:
		return headers.Stranger
	}
}
