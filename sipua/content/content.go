package content

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/multipart"
)

// The media types of bodies that we read.
const (
	// SDP is a description of media.
	SDP = "application/sdp"
	// PIDF is a document that says where somebody is (RFC 4119).
	PIDF = "application/pidf+xml"
)

// Accept is the value of the header that says what we read (RFC 3261 section 21.4.13).
func Accept() string { return SDP + ", multipart/mixed, " + PIDF }

// Content is what a body says that we read.
type Content struct {
	// SDP is the description of media; nil if there is none.
	SDP []byte
	// Documents say where the caller is.
	Documents []bridge.Document
}

// Read reads the body of a message. The error is a bridge.Cause: 400, 413 or 415.
func Read(m message.Message) (Content, error) {
	body := m.Body()
	if len(body) == 0 {
		return Content{}, nil
	}
	parts, err := multipart.Read(func(name string) string { return message.Value(m, name) }, body, readable)
	if err != nil {
		return Content{}, err
	}
	read := Content{}
	for _, part := range parts {
		switch {
		case part.Type == SDP && part.Disposition == "session":
			if read.SDP != nil {
				return Content{}, bridge.Cause{Status: 400, Text: "Two Session Descriptions"}
			}
			read.SDP = part.Body
		case part.Type == PIDF:
			read.Documents = append(read.Documents, bridge.Document{ID: part.ID, Type: part.Type, Text: part.Body})
		case !part.Optional:
			return Content{}, bridge.Cause{
				Status: 415, Headers: []bridge.Header{{Name: "Accept", Value: Accept()}},
			}
		}
	}
	return read, nil
}

func readable(mediaType string) bool { return mediaType == SDP || mediaType == PIDF }

// SDPIn gives the description of media in a body; of one that cannot be read all of it, for whoever parses that.
func SDPIn(m message.Message) []byte {
	read, err := Read(m)
	if err != nil {
		return m.Body()
	}
	return read.SDP
}

// Write puts a body into a message that has none: the documents beside the description, or only that. After an error
// the message is as it was.
func (c Content) Write(m message.Message) error {
	if len(c.Documents) == 0 {
		SetSDP(m, c.SDP)
		return nil
	}
	parts := []multipart.Part{{Type: SDP, Disposition: "session", Body: c.SDP}}
	for _, document := range c.Documents {
		parts = append(parts, multipart.Part{
			Type: document.Type, Disposition: "by-reference", ID: document.ID, Optional: true, Body: document.Text,
		})
	}
	contentType, body, err := multipart.Write(parts)
	if err != nil {
		return err
	}
	m.AppendHeader(sip.NewHeader("MIME-Version", "1.0"))
	m.AppendHeader(sip.NewHeader("Content-Type", contentType))
	m.SetBody(body)
	return nil
}

// SetSDP puts a description of media into a message that has no body; nil leaves it without.
func SetSDP(m message.Message, sdp []byte) {
	if sdp == nil {
		return
	}
	m.AppendHeader(sip.NewHeader("Content-Type", SDP))
	m.SetBody(sdp)
}
