package sipua

import "sipbridge/sipua/transaction"

// sentRequest is a request of a leg: the transaction in which it went out, and the request that took its place. It
// belongs to its leg's goroutine.
type sentRequest struct {
	*transaction.Client

	// answered counts the challenges that it is the answer to.
	answered int
	// next is the answer to its own challenge, or what the next server got instead.
	next *sentRequest
}

// newest is the request, or the last one that took its place.
func (r *sentRequest) newest() *sentRequest {
	for r.next != nil {
		r = r.next
	}
	return r
}
