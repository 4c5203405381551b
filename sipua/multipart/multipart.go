// Package multipart reads and writes bodies of several parts (RFC 5621, RFC 2046).
//
// A call carries more than its description of media where somebody says beside it where he is (RFC 6442), or where a
// gateway puts in what its telephone network said. Which part is for us its disposition says, and whether we may pass
// over what we do not know its handling. All bounds are checked before a part is looked into.
package multipart

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"

	"sipbridge/bridge"
)

// Bounds of what is read. The size of a body is bounded by that of its message.
const (
	// MaxParts is how many parts there may be, on all levels together.
	MaxParts = 8
	// MaxDepth is how many levels there may be.
	MaxDepth = 2
)

// The reasons why a body cannot be read; each comes wrapped in a bridge.Cause, with status 400 and 413.
var (
	// ErrMalformed is a body that is not what its Content-Type says.
	ErrMalformed = errors.New("multipart: malformed body")
	// ErrTooMany is a body of too many parts or levels.
	ErrTooMany = errors.New("multipart: too many parts")
)

// Part is one part of a body, or a body that has no parts.
type Part struct {
	// Type is the media type in lower case, without parameters.
	Type string
	// ID is what others may call it (Content-ID), without brackets; it may be empty.
	ID string
	// Disposition is what it is for, in lower case. Default: session for SDP, render for the rest (RFC 3261 section
	// 20.11).
	Disposition string
	// Optional tells that who does not know it may pass over it.
	Optional bool
	// Body is never of several parts.
	Body []byte
}

// Read gives the parts of a body, whose own header fields get gives by name; "" for one that is not there. Of
// alternatives the last one counts whose type is known (RFC 2046 section 5.1.4). The error is a bridge.Cause.
func Read(get func(name string) string, body []byte, known func(mediaType string) bool) ([]Part, error) {
	r := reader{known: known, left: MaxParts}
	return r.read(get, body, 0)
}

// reader counts what has been read.
type reader struct {
	known func(string) bool
	left  int
}

func (r *reader) read(get func(string) string, body []byte, depth int) ([]Part, error) {
	mediaType, parameters, err := mime.ParseMediaType(get("Content-Type"))
	family, kind, _ := strings.Cut(mediaType, "/")
	if family != "multipart" {
		part := newPart(get, mediaType, body)
		if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || !plain(get("Content-Transfer-Encoding")) {
			part.Type = "" // nobody knows what it is
		}
		return []Part{part}, nil
	}
	boundary := parameters["boundary"]
	const longest = 70 // RFC 2046 section 5.1.1
	switch {
	case err != nil, boundary == "", len(boundary) > longest:
		return nil, malformed()
	case depth == MaxDepth:
		return nil, tooMany()
	}
	parts, err := r.readAll(multipart.NewReader(bytes.NewReader(body), boundary), depth+1)
	if kind == "alternative" {
		parts = r.lastKnown(parts)
	}
	return parts, err
}

func (r *reader) readAll(source *multipart.Reader, depth int) ([]Part, error) {
	var all []Part
	for {
		next, err := source.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all, nil
		case err != nil:
			return nil, malformed()
		case r.left == 0:
			return nil, tooMany()
		}
		r.left--
		body, err := io.ReadAll(next) // it is a piece of what is in memory
		if err != nil {
			return nil, malformed()
		}
		parts, err := r.read(next.Header.Get, body, depth)
		if err != nil {
			return nil, err
		}
		all = append(all, parts...)
	}
}

func (r *reader) lastKnown(parts []Part) []Part {
	for i, part := range slices.Backward(parts) {
		if r.known(part.Type) {
			return parts[i : i+1]
		}
	}
	return parts
}

func newPart(get func(string) string, mediaType string, body []byte) Part {
	part := Part{Type: mediaType, ID: strings.Trim(strings.TrimSpace(get("Content-ID")), "<>"), Body: body}
	disposition, parameters, err := mime.ParseMediaType(get("Content-Disposition"))
	switch {
	case err == nil && disposition != "":
		part.Disposition = disposition
	case mediaType == "application/sdp":
		part.Disposition = "session"
	default:
		part.Disposition = "render"
	}
	part.Optional = strings.EqualFold(parameters["handling"], "optional")
	return part
}

// plain tells whether a part is as it was: SIP needs no other coding (RFC 5621 section 3.1).
func plain(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "binary", "8bit", "7bit":
		return true
	default:
		return false
	}
}

// Write puts parts together as multipart/mixed, and gives the Content-Type of that. Its error is that of a part that
// cannot be written: with a line break in its ID.
func Write(parts []Part) (contentType string, body []byte, err error) {
	var text bytes.Buffer
	writer := multipart.NewWriter(&text)
	if err := writer.SetBoundary(rand.Text()); err != nil {
		return "", nil, fmt.Errorf("multipart: %w", err)
	}
	for _, part := range parts {
		if strings.ContainsAny(part.Type+part.ID+part.Disposition, "\r\n\x00<>") {
			return "", nil, ErrMalformed
		}
		header := textproto.MIMEHeader{"Content-Type": {part.Type}, "Content-Disposition": {part.Disposition}}
		if part.Optional {
			header.Set("Content-Disposition", part.Disposition+";handling=optional")
		}
		if part.ID != "" {
			header.Set("Content-ID", "<"+part.ID+">")
		}
		if err := writePart(writer, header, part.Body); err != nil {
			return "", nil, fmt.Errorf("multipart: %w", err)
		}
	}
	if err := writer.Close(); err != nil {
		return "", nil, fmt.Errorf("multipart: %w", err)
	}
	return "multipart/mixed;boundary=" + writer.Boundary(), text.Bytes(), nil
}

func writePart(writer *multipart.Writer, header textproto.MIMEHeader, body []byte) error {
	part, err := writer.CreatePart(header)
	if err == nil {
		_, err = part.Write(body)
	}
	return err //nolint:wrapcheck // Write says whose it is
}

func malformed() error {
	return bridge.Cause{Status: 400, Text: "Bad Multipart Body", Err: ErrMalformed}
}

func tooMany() error { return bridge.Cause{Status: 413, Text: "Too Many Body Parts", Err: ErrTooMany} }
