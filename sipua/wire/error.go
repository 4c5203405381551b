package wire

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// Error says why a message was refused.
type Error struct {
	// Status is the SIP status that answers the request: 400, 414, 416, 505 or 513.
	Status int
	// Reason is the reason phrase, such as "Malformed Via". It holds nothing that the peer sent.
	Reason string
	// Request is what could be read of a request, enough for Response. It is nil if the message must be
	// dropped in silence: a response, an ACK, or something too broken to answer.
	Request *sip.Request
}

// Error gives status and reason.
func (e *Error) Error() string { return fmt.Sprintf("wire: %d %s", e.Status, e.Reason) }

// Response gives the answer to the refused request (RFC 3261 section 8.2.6), or nil if none is due. A To
// or From that could not be read is repeated as it came.
func (e *Error) Response() *sip.Response {
	if e.Request == nil {
		return nil
	}
	response := sip.NewResponse(e.Status, e.Reason)
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		sip.CopyHeaders(name, e.Request, response)
	}
	for _, header := range response.GetHeaders("To") {
		if to, ok := header.(*sip.ToHeader); ok && !to.Params.Has("tag") {
			to.Params.Add("tag", sip.GenerateTagN(16))
		}
	}
	return response
}
