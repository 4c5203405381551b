package replay

import (
	"strconv"
	"strings"
)

// Message is a SIP message as lines, so that what was captured can be sent as it was, but for what must differ.
type Message struct {
	// Start is the request or status line.
	Start string
	// Headers in their order.
	Headers []Header
	// Body as it is.
	Body string
}

// Header is one header line.
type Header struct{ Name, Value string }

// parseMessage splits a message; false says that it is none, such as a keep-alive.
func parseMessage(text string) (Message, bool) {
	head, body, found := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	if !found || !strings.Contains(lines[0], "SIP/2.0") {
		return Message{}, false
	}
	message := Message{Start: lines[0], Body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		message.Headers = append(message.Headers, Header{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return message, true
}

// String is the message as it is sent; Content-Length is that of the body.
func (m Message) String() string {
	var text strings.Builder
	text.WriteString(m.Start + "\r\n")
	for _, header := range m.Headers {
		if !strings.EqualFold(header.Name, "Content-Length") {
			text.WriteString(header.Name + ": " + header.Value + "\r\n")
		}
	}
	text.WriteString("Content-Length: " + strconv.Itoa(len(m.Body)) + "\r\n\r\n" + m.Body)
	return text.String()
}

// Get is the first header of the name, or "".
func (m Message) Get(name string) string {
	for _, header := range m.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// with gives the message with every header of the name replaced by these.
func (m Message) with(name string, values ...string) Message {
	kept := make([]Header, 0, len(m.Headers)+len(values))
	for _, header := range m.Headers {
		if !strings.EqualFold(header.Name, name) {
			kept = append(kept, header)
		}
	}
	for _, value := range values {
		kept = append(kept, Header{name, value})
	}
	m.Headers = kept
	return m
}

// all gives every header of the name.
func (m Message) all(name string) []string {
	var values []string
	for _, header := range m.Headers {
		if strings.EqualFold(header.Name, name) {
			values = append(values, header.Value)
		}
	}
	return values
}

// request tells a request from a response.
func (m Message) request() bool { return !strings.HasPrefix(m.Start, "SIP/2.0 ") }

// method of a request, or of the request that is answered.
func (m Message) method() string {
	_, method, _ := strings.Cut(m.Get("CSeq"), " ")
	return strings.TrimSpace(method)
}

// status of a response, 0 of a request.
func (m Message) status() int {
	fields := strings.Fields(m.Start)
	if m.request() || len(fields) < 2 {
		return 0
	}
	code, _ := strconv.Atoi(fields[1]) // no number is no status
	return code
}

// target is the Request-URI.
func (m Message) target() string {
	fields := strings.Fields(m.Start)
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}

// transaction names the transaction on one side of the bridge.
func (m Message) transaction() string {
	via, _, _ := strings.Cut(m.Get("Via"), ",")
	return parameter(via, "branch") + " " + m.method()
}

// inDialog tells whether a request belongs to a dialog.
func (m Message) inDialog() bool { return tagOf(m.Get("To")) != "" }

func tagOf(header string) string {
	// A display name may hold anything, the address in brackets its own parameters.
	if at := strings.LastIndexByte(header, '>'); at >= 0 {
		header = header[at:]
	}
	return parameter(header, "tag")
}

func parameter(header, name string) string {
	for part := range strings.SplitSeq(header, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// address is the URI of a name-addr.
func address(header string) string {
	if _, rest, found := strings.Cut(header, "<"); found {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	uri, _, _ := strings.Cut(header, ";")
	return strings.TrimSpace(uri)
}
