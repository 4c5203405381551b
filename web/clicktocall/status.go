package clicktocall

import "net/http"

// Status is what an action comes to. It is sent as the HTTP status, which is webrtc2sip's own choice of numbers.
type Status int

// The statuses.
const (
	// Done is success, Pending success that somebody has to complete.
	Done    Status = http.StatusOK
	Pending Status = http.StatusAccepted
	// Denied is for who is not allowed to, NotThere for what does not exist or is another's.
	Denied   Status = http.StatusForbidden
	NotThere Status = http.StatusNotFound
	// Unreadable is for a body that is no JSON, BadValue for a value that cannot be, BadField for a field that is missing
	// or of the wrong type, and for a wrong code.
	Unreadable Status = 420
	BadValue   Status = 450
	BadField   Status = 483
	// Busy is for who asks too often.
	Busy Status = http.StatusTooManyRequests
	// Failed is for what is not the client's fault.
	Failed Status = 603
)

// refusal is an action that came to something else than Done.
type refusal struct {
	status Status
	words  string
}

func (r refusal) Error() string { return r.words }

func refuse(status Status, words string) error { return refusal{status: status, words: words} }
