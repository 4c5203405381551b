package sipua

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/headers"
)

// phrases are the standard reason phrases (RFC 3261 section 21, and those of its extensions that we send or tell).
const phrases = `
100 Trying
180 Ringing
181 Call Is Being Forwarded
182 Queued
183 Session Progress
200 OK
202 Accepted
400 Bad Request
401 Unauthorized
403 Forbidden
404 Not Found
405 Method Not Allowed
406 Not Acceptable
407 Proxy Authentication Required
408 Request Timeout
410 Gone
413 Request Entity Too Large
414 Request-URI Too Long
415 Unsupported Media Type
416 Unsupported URI Scheme
420 Bad Extension
421 Extension Required
422 Session Interval Too Small
423 Interval Too Brief
469 Bad Info Package
480 Temporarily Unavailable
481 Call/Transaction Does Not Exist
482 Loop Detected
483 Too Many Hops
484 Address Incomplete
486 Busy Here
487 Request Terminated
488 Not Acceptable Here
489 Bad Event
491 Request Pending
500 Server Internal Error
501 Not Implemented
502 Bad Gateway
503 Service Unavailable
504 Server Time-out
505 Version Not Supported
513 Message Too Large
600 Busy Everywhere
603 Decline
604 Does Not Exist Anywhere
606 Not Acceptable
`

// reasonPhrase gives the standard phrase of a status.
func reasonPhrase(status int) string {
	_, rest, found := strings.Cut(phrases, "\n"+strconv.Itoa(status)+" ")
	if !found {
		return "Unknown"
	}
	phrase, _, _ := strings.Cut(rest, "\n")
	return phrase
}

// reasonsOf tells a party why it gets a BYE or CANCEL (RFC 3326); nothing for a plain hang-up. That a call was answered
// elsewhere is told too: a phone then shows no missed call. What the other party said goes on as it is, for each of its
// protocols.
func reasonsOf(cause bridge.Cause) []sip.Header {
	var said []sip.Header
	for _, header := range cause.Headers {
		if strings.EqualFold(header.Name, "Reason") {
			said = append(said, sip.NewHeader("Reason", header.Value))
		}
	}
	if len(said) > 0 || cause.Status < 300 && (cause.Text == "" || cause.Text == bridge.Normal().Text) {
		return said
	}
	text := cause.Text
	if text == "" {
		text = reasonPhrase(cause.Status)
	}
	return []sip.Header{sip.NewHeader("Reason", "SIP;cause="+strconv.Itoa(cause.Status)+";text="+quote(text))}
}

// causeOfRequest reads the Reason headers of a BYE or CANCEL. What counts is the one of protocol SIP: there may be one
// for Q.850, too. Without it it is a normal hang-up.
func causeOfRequest(request *sip.Request) bridge.Cause {
	for _, header := range request.GetHeaders("Reason") {
		for _, value := range splitList(header.Value()) {
			if cause, ok := causeOfReason(value); ok {
				return cause
			}
		}
	}
	return bridge.Normal()
}

// causeOfReason reads one reason. It reports false if that is not of protocol SIP, or has no cause. Blanks around the
// semicolons are tolerated, since JsSIP writes them.
func causeOfReason(value string) (cause bridge.Cause, ok bool) {
	for i, part := range strings.Split(value, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case i == 0 && !strings.EqualFold(name, "SIP"):
			return cause, false
		case strings.EqualFold(name, "cause"):
			status, err := strconv.Atoi(strings.TrimSpace(value))
			if ok = err == nil && status >= 200 && status < 700; ok {
				cause.Status = status
			}
		case strings.EqualFold(name, "text"):
			cause.Text = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return cause, ok
}

// splitList splits a header at the commas that stand outside quoted strings.
func splitList(value string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(value, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}

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
	cause := causeOfRequest(request)
	cause.Headers = l.saidIn(request)
	return cause
}

// sayWhy puts the reason into a BYE or CANCEL, and what the other party said with its own.
func (l *leg) sayWhy(request *sip.Request, cause bridge.Cause) {
	cause.Headers = l.sayable(cause.Headers)
	for _, reason := range reasonsOf(cause) {
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
func (l *leg) saidIn(m message) []bridge.Header {
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

// quote makes a quoted-string (RFC 3261 section 25.1).
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
