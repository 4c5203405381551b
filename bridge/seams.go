package bridge

import "time"

// KeyframePause is the least time between two requests for a full picture, from a party or to it: such a picture costs
// as much as many others, and it takes a while to come.
const KeyframePause = 500 * time.Millisecond

// Router chooses who is called.
type Router interface {
	// Route gives the targets to ring at once, or the cause of refusal as an error (Cause).
	Route(request Request) ([]Target, error)
}

// Target is an endpoint and the URI by which it is to be called.
type Target struct {
	Endpoint Endpoint
	URI      string
	// Before is what the caller hears before it rings; nil for nothing. Of several targets the first one counts.
	Before Endpoint
	// Record tells whether the call is to be recorded.
	Record RecordingFormat
}

// Directory knows where users of local domains are, whatever protocol they speak.
type Directory interface {
	// Lookup gives a target for each live binding of an address-of-record; none if it is not
	// registered. known tells whether such a user exists at all.
	Lookup(user, domain string) (targets []Target, known bool)
}

// Observer hears the story of each call.
type Observer interface {
	CallStarted(record CallRecord)
	CallEnded(record CallRecord)
}
