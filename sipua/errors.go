package sipua

import "errors"

var (
	// errClosed is what a closed agent answers.
	errClosed = errors.New("the SIP agent is closed")
	// errNoNumber is a URI without a number or name.
	errNoNumber = errors.New("no number")
	// errUnheard ends a leg whose call does not listen.
	errUnheard = errors.New("the call does not hear the leg's events")
)
