package message

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

// errTooMany is why somebody is to wait.
var errTooMany = errors.New("too many tries")

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

// Phrase gives the standard phrase of a status.
func Phrase(status int) string {
	_, rest, found := strings.Cut(phrases, "\n"+strconv.Itoa(status)+" ")
	if !found {
		return "Unknown"
	}
	phrase, _, _ := strings.Cut(rest, "\n")
	return phrase
}

// Reasons tells a party why it gets a BYE or CANCEL (RFC 3326); nothing for a plain hang-up. That a call was answered
// elsewhere is told too: a phone then shows no missed call. What the other party said goes on as it is, for each of its
// protocols.
func Reasons(cause bridge.Cause) []sip.Header {
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
		text = Phrase(cause.Status)
	}
	return []sip.Header{sip.NewHeader("Reason", "SIP;cause="+strconv.Itoa(cause.Status)+";text="+Quote(text))}
}

// CauseOf reads the Reason headers of a BYE or CANCEL. What counts is the one of protocol SIP: there may be one
// for Q.850, too. Without it it is a normal hang-up.
func CauseOf(request *sip.Request) bridge.Cause {
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

// CauseOfError is the cause that an error becomes for the other party: a bridge.Cause as it is, a timeout 408, a value
// that cannot be written 400, everything else that kept a request from its peer 503 (RFC 3261 section 8.1.3.1).
func CauseOfError(err error) bridge.Cause {
	if cause, ok := errors.AsType[bridge.Cause](err); ok {
		return cause
	}
	switch {
	case errors.Is(err, wire.ErrUnsafe): // what the caller gave cannot be written into a message
		return bridge.Cause{Status: 400, Text: Phrase(400), Err: err}
	case errors.Is(err, sip.ErrTransactionTimeout):
		return bridge.Cause{Status: 408, Text: Phrase(408), Err: err}
	default:
		return bridge.Cause{Status: 503, Text: Phrase(503), Err: err}
	}
}

// CauseOfMediaError is what an SDP that can't be used, or ports that are all taken, become for the party.
func CauseOfMediaError(err error) bridge.Cause {
	if cause, ok := errors.AsType[bridge.Cause](err); ok {
		return cause
	}
	return bridge.Cause{Status: 488, Text: Phrase(488), Err: err}
}

// TooMany refuses with a status for a while, and says how long (Retry-After).
func TooMany(status int, wait time.Duration) bridge.Cause {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	return bridge.Cause{Status: status, Headers: []bridge.Header{{Name: "Retry-After", Value: seconds}}, Err: errTooMany}
}

// TooManyRequests refuses for a moment somebody who asks too much.
func TooManyRequests() bridge.Cause {
	return bridge.Cause{
		Status: 503, Text: "Too Many Requests", Headers: []bridge.Header{{Name: "Retry-After", Value: "5"}},
	}
}

// NotEncrypted is what a caller hears who asked for encryption on each hop where there is none (RFC 5630 section 5.3).
func NotEncrypted() bridge.Cause { return bridge.Cause{Status: 480, Text: "No Encrypted Way"} }

// NotTimeout is 504 instead of 408, which must not answer what is no INVITE (RFC 4320 section 4.2).
func NotTimeout(status int) int {
	if status == sip.StatusRequestTimeout {
		return sip.StatusGatewayTimeout
	}
	return status
}
