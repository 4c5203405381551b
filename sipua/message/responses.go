package message

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

// NewResponse makes a response to a request; an empty reason means the standard phrase.
func NewResponse(request *sip.Request, status int, reason string) *sip.Response {
	if reason == "" {
		reason = Phrase(status)
	}
	return sip.NewResponseFromRequest(request, status, reason, nil)
}

// Refusal is the failure response that a cause becomes; otherwise is its status if the cause has none. Text and headers
// may come from a party that does not speak SIP, so what cannot be written is left out.
func Refusal(request *sip.Request, cause bridge.Cause, otherwise int) *sip.Response {
	status := failureStatus(cause, otherwise)
	text := cause.Text
	if status != cause.Status || wire.CheckValue(text) != nil {
		text = ""
	}
	response := NewResponse(request, status, text)
	for _, header := range cause.Headers {
		if wire.CheckValue(header.Value) == nil {
			response.AppendHeader(sip.NewHeader(header.Name, header.Value))
		}
	}
	return response
}

func failureStatus(cause bridge.Cause, otherwise int) int {
	if cause.Status < 300 || cause.Status > 699 {
		return otherwise
	}
	return cause.Status
}

// SetTag gives a response another To tag.
func SetTag(response *sip.Response, tag string) {
	response.To().Params.Remove("tag")
	response.To().Params.Add("tag", tag)
}
