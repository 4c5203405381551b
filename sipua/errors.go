package sipua

import (
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

var (
	// errClosed is what a closed agent answers.
	errClosed = errors.New("the SIP agent is closed")
	// errTooMany is why somebody is to wait.
	errTooMany = errors.New("too many tries")
	// errNoNumber is a URI without a number or name.
	errNoNumber = errors.New("no number")
	// errUnheard ends a leg whose call does not listen.
	errUnheard = errors.New("the call does not hear the leg's events")
)

// causeOfError is the cause that an error becomes for the other party: a bridge.Cause as it is, a timeout 408, a value
// that cannot be written 400, everything else that kept a request from its peer 503 (RFC 3261 section 8.1.3.1).
func causeOfError(err error) bridge.Cause {
	if cause, ok := errors.AsType[bridge.Cause](err); ok {
		return cause
	}
	switch {
	case errors.Is(err, wire.ErrUnsafe): // what the caller gave cannot be written into a message
		return bridge.Cause{Status: 400, Text: reasonPhrase(400), Err: err}
	case errors.Is(err, sip.ErrTransactionTimeout):
		return bridge.Cause{Status: 408, Text: reasonPhrase(408), Err: err}
	default:
		return bridge.Cause{Status: 503, Text: reasonPhrase(503), Err: err}
	}
}

// causeOfMediaError is what an SDP that can't be used, or ports that are all taken, become for the party.
func causeOfMediaError(err error) bridge.Cause {
	if cause, ok := errors.AsType[bridge.Cause](err); ok {
		return cause
	}
	return bridge.Cause{Status: 488, Text: reasonPhrase(488), Err: err}
}
