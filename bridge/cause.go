package bridge

import (
	"errors"
	"fmt"
)

// Cause says why something ended or was refused. It is an error, and carries the SIP status that it
// becomes on a SIP leg.
type Cause struct {
	// Status is a SIP status code (RFC 3261 section 21). 200 is a normal end.
	Status int
	// Text is the reason phrase; empty means the standard one.
	Text string
	// Headers are passed on to the party that is told, such as the challenge of a 407.
	Headers []Header
	// Contacts are the URIs, as a Router takes them, at which the callee of a 3xx says it is instead, the best first.
	Contacts []string
	// Err is the underlying error, for the log; it never leaves the process.
	Err error
}

// Error gives the status, its text and the underlying error.
func (c Cause) Error() string {
	if c.Err != nil {
		return fmt.Sprintf("%d %s: %v", c.Status, c.Text, c.Err)
	}
	return fmt.Sprintf("%d %s", c.Status, c.Text)
}

// Unwrap gives the underlying error.
func (c Cause) Unwrap() error { return c.Err }

// Normal is the cause of a call that one party simply hung up.
func Normal() Cause { return Cause{Status: 200, Text: "Normal call clearing"} }

// Header is one header field that crosses from leg to leg. A leg refuses values with CR, LF or NUL.
type Header struct {
	Name  string
	Value string
}

// CauseOf gives the Cause that an error carries; any other error is a 500 that keeps it for the log.
func CauseOf(err error) Cause {
	if cause, ok := errors.AsType[Cause](err); ok {
		return cause
	}
	return Cause{Status: 500, Text: "Server Internal Error", Err: err}
}

// transferred is the cause of a call whose party was connected to somebody else.
func transferred() Cause { return Cause{Status: 200, Text: "Call transferred"} }

// CompletedElsewhere is the cause told to a leg whose party was not fast enough, or has another leg now. A SIP
// leg writes status and text as a Reason header into its CANCEL or BYE (RFC 3326 section 2).
func CompletedElsewhere() Cause { return Cause{Status: 200, Text: "Call completed elsewhere"} }
