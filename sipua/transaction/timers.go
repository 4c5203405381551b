package transaction

import "time"

const (
	// T1 is the estimate of a round trip (RFC 3261 section 17.1.1.1).
	T1 = 500 * time.Millisecond
	// T2 is the longest wait between two repetitions of a response to an INVITE.
	T2 = 4 * time.Second
	// Timeout is how long a peer repeats a request, and we a response, before it is given up: 64*T1.
	Timeout = 64 * T1
)
