package sipua

import "time"

const (
	// t1 is the estimate of a round trip (RFC 3261 section 17.1.1.1).
	t1 = 500 * time.Millisecond
	// t2 is the longest wait between two repetitions of a response to an INVITE.
	t2 = 4 * time.Second
	// transactionTime is how long a peer repeats a request, and we a response, before it is given up: 64*T1.
	transactionTime = 64 * t1
)

// after runs work once the delay has passed. A test may set another one, for which time runs faster.
type after func(delay time.Duration, work func()) *time.Timer
