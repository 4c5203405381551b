package wire

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

const maxCSeq = 1<<31 - 1 // RFC 3261 section 8.1.1.5

// headers reads the lines between the start line and the empty line.
func (p *parser) headers(head string) {
	for more := true; more; {
		var line string
		line, head, more = nextLine(head)
		if len(line) > p.limits.Line {
			p.fail(sip.StatusBadRequest, "Header Too Long")
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name = strings.TrimRight(name, blanks)
		if !found || !isToken(name) || !isFieldText(value) {
			p.malformed("Header")
			continue
		}
		if !p.header(canonicalName(name), trim(value)) {
			return
		}
	}
}

// nextLine cuts off one header line with its continuations, joined by single blanks (RFC 3261 section 7.3.1).
func nextLine(head string) (line, rest string, more bool) {
	line, rest, more = strings.Cut(head, "\r\n")
	if !more || rest == "" || strings.IndexByte(blanks, rest[0]) < 0 {
		return line, rest, more
	}
	var folded strings.Builder
	folded.WriteString(strings.TrimRight(line, blanks))
	for more && rest != "" && strings.IndexByte(blanks, rest[0]) >= 0 {
		line, rest, more = strings.Cut(rest, "\r\n")
		folded.WriteByte(' ')
		folded.WriteString(trim(line))
	}
	return folded.String(), rest, more
}

// isFieldText refuses bare CR and LF, and NUL other than as a quoted-pair (RFC 4475 section 3.1.1.2).
func isFieldText(s string) bool {
	for i := range len(s) {
		if s[i] == '\r' || s[i] == '\n' || s[i] == 0 && (i == 0 || s[i-1] != '\\') {
			return false
		}
	}
	return true
}

// header adds one header line's values. It reports false once there are too many to read on.
func (p *parser) header(name, value string) bool {
	if isSingle(name) && p.seen(name) {
		p.fail(sip.StatusBadRequest, "Duplicate "+name)
		return p.count(name)
	}
	switch name {
	case "Via", "Contact", "Route", "Record-Route":
		return p.list(name, value)
	case "Content-Length":
		p.readContentLength(value)
	default:
		p.value(name, value)
	}
	return p.count(name)
}

func (p *parser) seen(name string) bool {
	if name == "Content-Length" {
		return p.contentLength >= 0
	}
	return len(p.message.GetHeaders(name)) > 0
}

func (p *parser) count(name string) bool {
	p.values++
	if name == "Via" {
		p.vias++
	}
	if p.values > p.limits.Headers || p.vias > p.limits.Vias {
		p.fail(sip.StatusBadRequest, "Too Many Headers")
		return false
	}
	return true
}

// list adds a comma-separated list as one header for each value.
func (p *parser) list(name, value string) bool {
	for more := true; more; {
		var part string
		var ok bool
		part, value, more, ok = cut(value, ',')
		if !ok {
			p.malformed(name)
			return p.count(name)
		}
		p.value(name, trim(part))
		if !p.count(name) {
			return false
		}
	}
	return true
}

func (p *parser) readContentLength(value string) {
	length, ok := number(value, 1<<31-1)
	if !ok {
		p.malformed("Content-Length")
	}
	p.contentLength = int(length)
}

// value adds one header. One that can't be read stays as text, for the refusal to repeat.
func (p *parser) value(name, value string) {
	header, err := p.typed(name, value)
	if err != nil {
		p.malformed(name)
		if header == nil && name != "Via" && CheckValue(value) == nil {
			header = sip.NewHeader(name, value)
		}
	}
	if header != nil {
		p.message.AppendHeader(header)
	}
}

// typed makes sipgo's type of the header, or its generic one.
func (p *parser) typed(name, value string) (sip.Header, error) {
	switch name {
	case "Via":
		via, err := parseVia(value, p.limits)
		if via == nil {
			return nil, err
		}
		return via, err
	case "From", "To", "Contact", "Route", "Record-Route", "Refer-To", "Referred-By":
		return p.address(name, value)
	case "CSeq":
		return parseCSeq(value)
	case "Call-ID":
		return parseCallID(value)
	case "Max-Forwards":
		return parseMaxForwards(value)
	case "Content-Type":
		contentType := sip.ContentTypeHeader(value)
		return &contentType, requireText(value)
	default:
		return sip.NewHeader(name, value), CheckValue(value)
	}
}

func (p *parser) address(name, value string) (sip.Header, error) {
	if name == "Contact" && value == "*" {
		return &sip.ContactHeader{Address: sip.Uri{Host: "*", Wildcard: true}}, nil
	}
	a, err := ParseAddress(value, p.limits)
	if err != nil {
		return nil, err
	}
	switch name {
	case "From":
		return &sip.FromHeader{DisplayName: a.DisplayName, Address: a.URI, Params: a.Params}, checkTag(a.Params)
	case "To":
		return &sip.ToHeader{DisplayName: a.DisplayName, Address: a.URI, Params: a.Params}, checkTag(a.Params)
	case "Contact":
		return &sip.ContactHeader{DisplayName: a.DisplayName, Address: a.URI, Params: a.Params}, nil
	case "Route":
		return &sip.RouteHeader{Address: a.URI}, nil
	case "Record-Route":
		return &sip.RecordRouteHeader{Address: a.URI}, nil
	case "Refer-To":
		return &sip.ReferToHeader{Address: a.URI}, nil
	default:
		return &sip.ReferredByHeader{DisplayName: a.DisplayName, Address: a.URI, Params: a.Params}, nil
	}
}

func checkTag(params sip.HeaderParams) error {
	if tag, ok := params.Get("tag"); ok && !isToken(tag) {
		return errMalformed
	}
	return nil
}

func parseCSeq(value string) (sip.Header, error) {
	digits, method, _ := strings.Cut(strings.ReplaceAll(value, "\t", " "), " ")
	n, ok := number(digits, maxCSeq)
	if method = trim(method); !ok || !isToken(method) {
		return nil, errMalformed
	}
	return &sip.CSeqHeader{SeqNo: uint32(n), MethodName: sip.RequestMethod(method)}, nil
}

func parseCallID(value string) (sip.Header, error) {
	callID := sip.CallIDHeader(value)
	if strings.ContainsAny(value, blanks) {
		return nil, errMalformed
	}
	return &callID, requireText(value)
}

func requireText(value string) error {
	if value == "" {
		return errMalformed
	}
	return CheckValue(value)
}

func parseMaxForwards(value string) (sip.Header, error) {
	n, ok := number(value, 255) // RFC 3261 section 20.22
	if !ok {
		return nil, errMalformed
	}
	maxForwards := sip.MaxForwardsHeader(n)
	return &maxForwards, nil
}
