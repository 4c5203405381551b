// Package message reads and writes the few SIP messages that the load generator needs (RFC 3261 section 7). It has a
// parser of its own, so that the service is not measured against its own reading of SIP.
package message

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Field is one header field.
type Field struct {
	Name, Value string
}

// Message is one request or response.
type Message struct {
	// Start is the request line or the status line.
	Start string
	// Fields are the header fields in their order, without Content-Length, which Bytes adds.
	Fields []Field
	// Body is the SDP, or empty.
	Body string
}

// ErrMalformed says that the text is no SIP message.
var ErrMalformed = errors.New("malformed SIP message")

const (
	version    = "SIP/2.0"
	endOfLine  = "\r\n"
	lengthName = "Content-Length"
)

// Parse reads one whole message, as a WebSocket message or a datagram carries it.
func Parse(text []byte) (*Message, error) {
	head, body, found := strings.Cut(string(text), endOfLine+endOfLine)
	lines := strings.Split(head, endOfLine)
	if !found || len(strings.Fields(lines[0])) < 2 {
		return nil, fmt.Errorf("%w: %.40q", ErrMalformed, text)
	}
	m := &Message{Start: lines[0], Body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%w: header field %.40q", ErrMalformed, line)
		}
		name, value = longName(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !strings.EqualFold(name, lengthName) {
			m.Fields = append(m.Fields, Field{Name: name, Value: value})
		}
	}
	return m, nil
}

// longName gives the name for its compact form (RFC 3261 section 7.3.3).
func longName(name string) string {
	switch strings.ToLower(name) {
	case "v":
		return "Via"
	case "f":
		return "From"
	case "t":
		return "To"
	case "i":
		return "Call-ID"
	case "m":
		return "Contact"
	case "l":
		return lengthName
	default:
		return name
	}
}

// Add appends a header field and gives the message, so that calls can be chained.
func (m *Message) Add(name, value string) *Message {
	m.Fields = append(m.Fields, Field{Name: name, Value: value})
	return m
}

// Get gives the value of the first field of the name, or "".
func (m *Message) Get(name string) string {
	values := m.All(name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// All gives the values of all fields of the name, in their order.
func (m *Message) All(name string) []string {
	var values []string
	for _, field := range m.Fields {
		if strings.EqualFold(field.Name, name) {
			values = append(values, field.Value)
		}
	}
	return values
}

// Bytes is the message as it is sent.
func (m *Message) Bytes() []byte {
	var text strings.Builder
	text.WriteString(m.Start + endOfLine)
	for _, field := range m.Fields {
		text.WriteString(field.Name + ": " + field.Value + endOfLine)
	}
	text.WriteString(lengthName + ": " + strconv.Itoa(len(m.Body)) + endOfLine + endOfLine + m.Body)
	return []byte(text.String())
}

// Method is that of a request, or of the request that a response answers.
func (m *Message) Method() string {
	first, _, _ := strings.Cut(m.Start, " ")
	if first != version {
		return first
	}
	words := strings.Fields(m.Get("CSeq"))
	if len(words) != 2 {
		return ""
	}
	return words[1]
}

// Status is a response's status, and 0 of a request.
func (m *Message) Status() int {
	words := strings.Fields(m.Start)
	if len(words) < 2 || words[0] != version {
		return 0
	}
	status, err := strconv.Atoi(words[1])
	if err != nil {
		return 0
	}
	return status
}

// URI is a request's Request-URI.
func (m *Message) URI() string {
	words := strings.Fields(m.Start)
	if len(words) != 3 || words[0] == version {
		return ""
	}
	return words[1]
}

// Branch is the branch parameter of the top Via, which names the transaction (RFC 3261 section 8.1.1.7).
func (m *Message) Branch() string { return Parameter(m.Get("Via"), "branch") }

// Reply makes a response with the fields that a response repeats (RFC 3261 section 8.2.6.2). The tag is added to a To
// that has none.
func (m *Message) Reply(status int, reason, tag string) *Message {
	reply := &Message{Start: fmt.Sprintf("%s %d %s", version, status, reason)}
	for _, name := range []string{"Via", "Record-Route", "From", "To", "Call-ID", "CSeq"} {
		for _, value := range m.All(name) {
			if name == "To" && Parameter(value, "tag") == "" {
				value += ";tag=" + tag
			}
			reply.Add(name, value)
		}
	}
	return reply
}

// Parameter gives the value of a parameter behind a header field's value, or "".
func Parameter(value, name string) string {
	if at := strings.LastIndexByte(value, '>'); at >= 0 {
		value = value[at:]
	}
	for part := range strings.SplitSeq(value, ";") {
		key, found, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(found)
		}
	}
	return ""
}

// Address gives the URI within angle brackets, or without its parameters where there are none.
func Address(value string) string {
	if _, rest, ok := strings.Cut(value, "<"); ok {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// User gives the user part of a SIP URI, or "".
func User(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	user, _, found := strings.Cut(rest, "@")
	if !found {
		return ""
	}
	return user
}
