package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ErrUnsafe is why a message isn't written: a value holds CR, LF or NUL, or a quote or bracket out of place,
// and could be read as another header than the one it stands in.
var ErrUnsafe = errors.New("wire: unsafe value")

// CheckValue refuses CR, LF and NUL in a string that is to stand in a header. Everything that comes from a
// web page, an RTMP client or another leg goes through it or through Bytes.
func CheckValue(s string) error {
	if strings.ContainsAny(s, "\r\n\x00") {
		return ErrUnsafe
	}
	return nil
}

// Bytes writes a message as it goes over the wire, with a Content-Length that counts its body. The error
// wraps ErrUnsafe and names the header, not its value.
func Bytes(message sip.Message) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(1024 + len(message.Body()))
	var headers []sip.Header
	var err error
	switch m := message.(type) {
	case *sip.Request:
		headers, err = m.Headers(), writeRequestLine(&b, m)
	case *sip.Response:
		headers, err = m.Headers(), writeStatusLine(&b, m)
	default:
		return nil, fmt.Errorf("wire: can't write a %T", message)
	}
	if err != nil {
		return nil, err
	}
	for _, header := range headers {
		if err := writeHeader(&b, header); err != nil {
			return nil, err
		}
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(message.Body())) + "\r\n\r\n")
	b.Write(message.Body())
	return b.Bytes(), nil
}

func writeRequestLine(b *bytes.Buffer, request *sip.Request) error {
	uri, err := uriText(&request.Recipient)
	if err != nil || !isToken(string(request.Method)) {
		return fmt.Errorf("%w in the request line", ErrUnsafe)
	}
	b.WriteString(string(request.Method) + " " + uri + " SIP/2.0\r\n")
	return nil
}

func writeStatusLine(b *bytes.Buffer, response *sip.Response) error {
	if CheckValue(response.Reason) != nil || response.StatusCode < 100 || response.StatusCode > 699 {
		return fmt.Errorf("%w in the status line", ErrUnsafe)
	}
	b.WriteString("SIP/2.0 " + strconv.Itoa(response.StatusCode) + " " + response.Reason + "\r\n")
	return nil
}

func writeHeader(b *bytes.Buffer, header sip.Header) error {
	name := header.Name()
	if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "l") {
		return nil
	}
	value, err := Value(header)
	if err != nil || !isToken(name) {
		return fmt.Errorf("%w in header %q", ErrUnsafe, name)
	}
	b.WriteString(name + ": " + value + "\r\n")
	return nil
}

// Value is a header's value as it goes over the wire; the error is ErrUnsafe. It prints the structured headers itself:
// sipgo puts a second pair of quotes around quoted parameters with blanks, and no brackets around IPv4-mapped IPv6
// addresses in Via.
func Value(header sip.Header) (string, error) {
	switch h := header.(type) {
	case *sip.FromHeader:
		return addressText(h.DisplayName, &h.Address, h.Params)
	case *sip.ToHeader:
		return addressText(h.DisplayName, &h.Address, h.Params)
	case *sip.ContactHeader:
		if h.Address.Wildcard {
			return "*", nil
		}
		return addressText(h.DisplayName, &h.Address, h.Params)
	case *sip.ReferredByHeader:
		return addressText(h.DisplayName, &h.Address, h.Params)
	case *sip.RouteHeader:
		return addressText("", &h.Address, nil)
	case *sip.RecordRouteHeader:
		return addressText("", &h.Address, nil)
	case *sip.ReferToHeader:
		return addressText("", &h.Address, nil)
	case *sip.ViaHeader:
		return viaText(h)
	default:
		value := header.Value()
		return value, CheckValue(value)
	}
}

func addressText(name string, uri *sip.Uri, params sip.HeaderParams) (string, error) {
	text, err := uriText(uri)
	if err != nil || !isQuotable(name) {
		return "", ErrUnsafe
	}
	var b strings.Builder
	if name != "" {
		b.WriteString(`"` + name + `" `)
	}
	b.WriteString("<" + text + ">")
	err = writeParams(&b, params)
	return b.String(), err
}

// isQuotable says whether s can stand between quotes: no bare quote, each backslash with its character, a
// NUL only behind one (RFC 4475 section 3.1.1.2 has that, and an answer must repeat it).
func isQuotable(s string) bool {
	return !strings.ContainsAny(s, "\r\n") && isFieldText(s) && quotedEnd(`"`+s+`"`) == len(s)+2
}

func uriText(uri *sip.Uri) (string, error) {
	text := uri.String()
	if !isURIText(text) {
		return "", ErrUnsafe
	}
	return text, nil
}

func viaText(via *sip.ViaHeader) (string, error) {
	host := via.Host
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	if !isToken(via.ProtocolName) || !isToken(via.ProtocolVersion) || !isToken(via.Transport) || !isHost(host) {
		return "", ErrUnsafe
	}
	var b strings.Builder
	b.WriteString(via.ProtocolName + "/" + via.ProtocolVersion + "/" + via.Transport + " " + host)
	if via.Port > 0 {
		b.WriteString(":" + strconv.Itoa(via.Port))
	}
	err := writeParams(&b, via.Params)
	return b.String(), err
}

func writeParams(b *strings.Builder, params sip.HeaderParams) error {
	for _, param := range params {
		value := param.V
		if strings.ContainsAny(value, blanks) && !strings.HasPrefix(value, `"`) {
			value = `"` + value + `"`
		}
		if !isToken(param.K) || !isParamValue(value) || CheckValue(value) != nil {
			return ErrUnsafe
		}
		b.WriteString(";" + param.K)
		if value != "" {
			b.WriteString("=" + value)
		}
	}
	return nil
}
