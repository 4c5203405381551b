package sipua

import "errors"

var (
	// errNoNumber is a URI without a number or name.
	errNoNumber = errors.New("no number")
	// errUnheard ends a leg whose call does not listen.
	errUnheard = errors.New("the call does not hear the leg's events")
)
