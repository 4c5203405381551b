package wire

import (
	"bytes"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Parse reads one whole message: *sip.Request or *sip.Response. Names and values are normalised as the
// package comment says; the body is cut to Content-Length (RFC 3261 section 18.3) and that header set to the
// body's length. CRLFs in front are skipped.
//
// The error is always an *Error. Not checked here, because the answer depends on more than the message:
// Require, Accept, Content-Type, Max-Forwards of zero, missing tags and branches (RFC 2543 peers).
//
// Of several Contact headers sipgo's Contact() gives the last; use GetHeaders.
func Parse(raw []byte, limits Limits) (message sip.Message, err error) {
	p := parser{limits: limits}
	defer func() {
		if recover() != nil {
			message, err = nil, &Error{Status: sip.StatusBadRequest, Reason: "Malformed Message"}
		}
	}()
	p.parse(raw)
	if p.failure != nil {
		return nil, p.refusal()
	}
	return p.message, nil
}

// parser reads one message. The first failure counts; reading goes on for what the answer repeats.
type parser struct {
	limits  Limits
	message sip.Message
	request *sip.Request // message, if it is a request

	values        int // header values so far
	vias          int
	contentLength int // -1 until the header is seen

	failure *Error
}

func (p *parser) fail(status int, reason string) {
	if p.failure == nil {
		p.failure = &Error{Status: status, Reason: reason}
	}
}

func (p *parser) malformed(what string) { p.fail(sip.StatusBadRequest, "Malformed "+what) }

// refusal completes the failure with the request, if that can and may be answered: it needs a Via, and
// an ACK is never answered (RFC 3261 section 17).
func (p *parser) refusal() *Error {
	if p.request != nil && p.request.Method != sip.ACK && len(p.request.GetHeaders("Via")) > 0 {
		p.failure.Request = p.request
	}
	return p.failure
}

func (p *parser) parse(raw []byte) {
	p.contentLength = -1
	if len(raw) > p.limits.Message {
		p.fail(sip.StatusMessageTooLarge, "Message Too Large")
		raw = raw[:p.limits.Message]
	}
	raw = bytes.TrimLeft(raw, "\r\n")
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		p.malformed("Message: no empty line")
		head = bytes.TrimSuffix(head, []byte("\r\n"))
	}
	start, rest, hasHeaders := strings.Cut(string(head), "\r\n")
	if !p.startLine(start) {
		p.malformed("Start Line")
		return
	}
	if hasHeaders {
		p.headers(rest)
	}
	p.validate()
	p.body(body)
}

// startLine reports false if the line is neither a request's nor a response's.
func (p *parser) startLine(line string) bool {
	first, rest, found := strings.Cut(line, " ")
	if !found || strings.ContainsAny(line, "\r\n\x00") {
		return false
	}
	if len(first) > 4 && strings.EqualFold(first[:4], "SIP/") {
		return p.statusLine(first, rest)
	}
	return p.requestLine(first, rest)
}

func (p *parser) statusLine(version, rest string) bool {
	code, reason, _ := strings.Cut(rest, " ")
	status, ok := number(code, 699)
	if !ok || status < 100 || len(code) != 3 || !strings.EqualFold(version, "SIP/2.0") {
		return false
	}
	p.message = sip.NewResponse(int(status), reason)
	return true
}

// requestLine takes everything between the first and the last blank for the URI, so that a request with
// a bad one can still be answered.
func (p *parser) requestLine(method, rest string) bool {
	trimmed := strings.TrimRight(rest, " ")
	space := strings.LastIndexByte(trimmed, ' ')
	if space < 0 || len(trimmed) < space+5 || !strings.EqualFold(trimmed[space+1:space+5], "SIP/") {
		return false
	}
	if !isToken(method) {
		return false
	}
	if trimmed != rest {
		p.malformed("Request-Line")
	}
	if !strings.EqualFold(trimmed[space+1:], "SIP/2.0") {
		p.fail(sip.StatusVersionNotSupported, "Version Not Supported")
	}
	p.request = sip.NewRequest(sip.RequestMethod(method), p.requestURI(trimmed[:space]))
	p.message = p.request
	return true
}

func (p *parser) requestURI(s string) sip.Uri {
	if len(s) > p.limits.RequestURI {
		p.fail(sip.StatusRequestURITooLong, "Request-URI Too Long")
		return sip.Uri{}
	}
	scheme, _, found := strings.Cut(s, ":")
	if found && isScheme(scheme) && !isRoutable(scheme) {
		p.fail(sip.StatusRequestedRangeNotSatisfiable, "Unsupported URI Scheme") // 416
		return sip.Uri{}
	}
	uri, err := ParseURI(s, p.limits)
	if err != nil || len(uri.Headers) > 0 { // RFC 3261 section 19.1.1: no headers in a Request-URI
		p.malformed("Request-URI")
		return sip.Uri{}
	}
	return uri
}

// isRoutable says whether the bridge knows what to do with requests to a URI of this scheme.
func isRoutable(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "sip", "sips", "tel", "urn":
		return true
	default:
		return false
	}
}

// body takes what Content-Length says; without that header all that follows (RFC 3261 section 18.3).
func (p *parser) body(body []byte) {
	if p.contentLength > len(body) {
		p.malformed("Content-Length: body is shorter")
		return
	}
	if p.contentLength >= 0 {
		body = body[:p.contentLength]
	}
	p.message.SetBody(bytes.Clone(body))
}
