package sdp

import (
	"bytes"
	"strconv"
	"strings"

	"sipbridge/bridge"
)

// Parse reads a session description. Its errors are bridge.Cause with status 400 (not a description), 413
// (too large) or 488 (beyond the other limits). Lines end with CRLF or LF. Lines and attributes that it does
// not know are ignored, as RFC 8866 section 5 asks; so are ill-formed attributes, for many parties write some.
func Parse(text []byte) (*Session, error) {
	if len(text) > MaxBytes {
		return nil, tooLarge(len(text))
	}
	if bytes.Count(text, []byte{'\n'}) > MaxLines {
		return nil, tooMany("lines")
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, malformed("NUL")
	}
	reader := &reader{}
	first := true
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if first && !strings.HasPrefix(line, "v=") {
			return nil, malformed("no v= line")
		}
		first = false
		if err := reader.line(line); err != nil {
			return nil, err
		}
	}
	if first {
		return nil, malformed("empty")
	}
	return reader.finish(), nil
}

// reader collects lines. Attributes above the first m= line go to defaults, the others to the last section.
type reader struct {
	session  Session
	defaults section
	sections []*section
}

// current is where the attributes of the next line belong.
func (r *reader) current() *section {
	if len(r.sections) == 0 {
		return &r.defaults
	}
	return r.sections[len(r.sections)-1]
}

func (r *reader) line(line string) error {
	if strings.IndexByte(line, '\r') >= 0 {
		return malformed("CR inside a line")
	}
	if len(line) < 2 || line[1] != '=' {
		return nil
	}
	value := strings.TrimSpace(line[2:])
	switch line[0] {
	case 'o':
		r.session.Origin = parseOrigin(value)
	case 'c':
		r.connection(value)
	case 'b':
		r.current().bandwidth(value)
	case 'm':
		return r.mediaLine(value)
	case 'a':
		r.attribute(value)
	}
	return nil
}

// connection reads "IN IP4 192.0.2.1/127"; the TTL of a multicast address is dropped.
func (r *reader) connection(value string) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return
	}
	address, _, _ := strings.Cut(fields[2], "/")
	r.current().media.Address = address
}

// mediaLine reads "audio 49170/2 RTP/AVP 0 8 101" and opens a section.
func (r *reader) mediaLine(value string) error {
	if len(r.sections) == MaxMedia {
		return tooMany("media sections")
	}
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return malformed("m= line of fewer than four fields")
	}
	if len(fields)-3 > MaxFormats {
		return tooMany("formats")
	}
	portText, _, _ := strings.Cut(fields[1], "/")
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return malformed("port of an m= line")
	}
	r.sections = append(r.sections, &section{media: Media{
		Type: strings.ToLower(fields[0]), Port: uint16(port),
		Protocol: fields[2], Words: fields[3:],
	}})
	return nil
}

// attribute reads "name" or "name:value".
func (r *reader) attribute(text string) {
	name, value, _ := strings.Cut(text, ":")
	name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
	if len(r.sections) == 0 && r.sessionAttribute(name, value) {
		return
	}
	r.current().attribute(name, value)
}

func (r *reader) sessionAttribute(name, value string) bool {
	switch name {
	case "group":
		fields := strings.Fields(value)
		if len(fields) > 1 && strings.EqualFold(fields[0], "BUNDLE") && r.session.Bundle == nil {
			r.session.Bundle = fields[1:]
		}
	case "ice-lite":
		r.session.ICELite = true
	default:
		return false
	}
	return true
}

// finish lets every section inherit from the session level and resolves its formats.
func (r *reader) finish() *Session {
	r.session.Address = r.defaults.media.Address
	r.session.Media = make([]Media, 0, len(r.sections))
	for _, section := range r.sections {
		section.inherit(&r.defaults)
		section.resolveFormats()
		r.session.Media = append(r.session.Media, section.media)
	}
	return &r.session
}

// parseOrigin reads "- 20518 0 IN IP4 203.0.113.1", as much of it as there is.
func parseOrigin(value string) Origin {
	fields := strings.Fields(value)
	origin := Origin{Username: "-"}
	if len(fields) > 0 {
		origin.Username = fields[0]
	}
	if len(fields) > 2 {
		origin.SessionID = number(fields[1])
		origin.Version = number(fields[2])
	}
	if len(fields) > 5 {
		origin.Address = fields[5]
	}
	return origin
}

// number reads a decimal number, and one that does not fit as 0.
func number(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return value
}

// parseDirection tells whether name is one of the four direction attributes.
func parseDirection(name string) (bridge.Direction, bool) {
	switch name {
	case "sendrecv":
		return bridge.SendRecv, true
	case "sendonly":
		return bridge.SendOnly, true
	case "recvonly":
		return bridge.RecvOnly, true
	case "inactive":
		return bridge.Inactive, true
	default:
		return bridge.SendRecv, false
	}
}
