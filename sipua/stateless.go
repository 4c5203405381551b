package sipua

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// reply answers a request outside any transaction: a repeated request gets the same answer again.
func (a *Agent) reply(flow transport.Flow, request *sip.Request, status int, headers ...sip.Header) {
	response := message.NewResponse(request, status, "")
	for _, header := range headers {
		response.AppendHeader(header)
	}
	a.answerStateless(flow, request, response)
}

// refuse answers a request with a cause, outside any transaction.
func (a *Agent) refuse(flow transport.Flow, request *sip.Request, err error) {
	cause, ok := errors.AsType[bridge.Cause](err)
	if !ok {
		cause = bridge.Cause{Status: 500, Err: err}
	}
	a.answerStateless(flow, request, message.Refusal(request, cause, 500))
}

// answerStateless sends a final response that nobody remembers. Its tag follows from the request, so that
// a repeated request does not look answered by somebody else (RFC 3261 section 8.2.7).
func (a *Agent) answerStateless(flow transport.Flow, request *sip.Request, response *sip.Response) {
	if !request.To().Params.Has("tag") {
		message.SetTag(response, a.steadyTag(request))
	}
	switch status := response.StatusCode; {
	case status == 401 || status == 407:
		a.stats.challenged.Add(1)
	case status >= 400:
		a.stats.refused.Add(1)
	}
	a.sendResponse(flow, response)
}

// steadyTag makes a tag of what a repeated request has in common with the first, under the key of this process.
func (a *Agent) steadyTag(request *sip.Request) string {
	hash := hmac.New(sha256.New, a.tagKey[:])
	branch, _ := request.Via().Params.Get("branch")
	from, _ := request.From().Params.Get("tag")
	for _, part := range []string{branch, from, request.CallID().Value(), request.CSeq().Value()} {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

func (a *Agent) sendResponse(flow transport.Flow, response *sip.Response) {
	if err := a.transactions.Write(flow, response); err != nil {
		a.log.Debug("response not sent", "error", err)
	}
}
