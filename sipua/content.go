package sipua

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
	"sipbridge/sipua/multipart"
)

// contentPIDF is a document that says where somebody is (RFC 4119).
const contentPIDF = "application/pidf+xml"

// optionGeolocation is in the sip.extensions of devices that read locations (RFC 6442, RFC 3840 section 10.5).
const optionGeolocation = "geolocation-sip"

// maxDocuments bounds the documents of a request, in bytes together.
const maxDocuments = 8 << 10

// content is what a body says that we read.
type content struct {
	sdp       []byte
	documents []bridge.Document
}

// contentOf reads a body: the description of media, alone or as one of several parts, and locations. What we do not
// know is passed over if its sender allows that. The error is a bridge.Cause: 400, 413 or 415.
func contentOf(m message.Message) (content, error) {
	body := m.Body()
	if len(body) == 0 {
		return content{}, nil
	}
	parts, err := multipart.Read(func(name string) string { return message.Value(m, name) }, body, readable)
	if err != nil {
		return content{}, err
	}
	read := content{}
	for _, part := range parts {
		switch {
		case part.Type == contentSDP && part.Disposition == "session":
			if read.sdp != nil {
				return content{}, bridge.Cause{Status: 400, Text: "Two Session Descriptions"}
			}
			read.sdp = part.Body
		case part.Type == contentPIDF:
			read.documents = append(read.documents, bridge.Document{ID: part.ID, Type: part.Type, Text: part.Body})
		case !part.Optional:
			return content{}, bridge.Cause{
				Status: 415, Headers: []bridge.Header{{Name: "Accept", Value: acceptHeader().Value()}},
			}
		}
	}
	return read, nil
}

func readable(mediaType string) bool { return mediaType == contentSDP || mediaType == contentPIDF }

// sdpIn gives the description of media in a body; of one that cannot be read all of it, for whoever parses that.
func sdpIn(m message.Message) []byte {
	read, err := contentOf(m)
	if err != nil {
		return m.Body()
	}
	return read.sdp
}

// documents puts what a caller says of where he is into what he asks for, if his Geolocation may cross. A document that
// no such header names gets one: sip-js sends none.
func (a *Agent) documents(asked *bridge.Request, request *sip.Request, policy headers.Policy) {
	read, err := contentOf(request)
	if err != nil || !policy.InCall("Geolocation", senderOf(asked.Origin)) {
		return
	}
	size := 0
	for _, document := range read.documents {
		if size += len(document.Text); size > maxDocuments || len(document.ID) > maxDocumentID {
			a.complain("location too large", "from", asked.From.URI)
			*asked = withoutDocuments(*asked)
			return
		}
		if document.ID == "" {
			document.ID = message.NewTag() + "@location.invalid"
		}
		asked.Documents = append(asked.Documents, document)
		if !refersTo(asked.Headers, document) {
			reference := bridge.Header{Name: "Geolocation", Value: "<cid:" + document.ID + ">"}
			asked.Headers = append(slices.Clip(asked.Headers), reference)
		}
	}
}

// maxDocumentID bounds the name of a document, in bytes.
const maxDocumentID = 128

// refersTo tells whether a Geolocation header refers to a document (RFC 6442 section 4.1).
func refersTo(all []bridge.Header, document bridge.Document) bool {
	for _, header := range all {
		if strings.EqualFold(header.Name, "Geolocation") && strings.Contains(header.Value, "<cid:"+document.ID+">") {
			return true
		}
	}
	return false
}

// withoutDocuments is a request for a party that reads none, or is not to.
func withoutDocuments(request bridge.Request) bridge.Request {
	var kept []bridge.Header
	for _, header := range request.Headers {
		if !strings.EqualFold(header.Name, "Geolocation") || !strings.Contains(header.Value, "<cid:") {
			kept = append(kept, header)
		}
	}
	request.Headers, request.Documents = kept, nil
	return request
}

// setContent puts a description of media into a message, and the documents beside it.
func (l *leg) setContent(m message.Message, sdp []byte, documents []bridge.Document) {
	if len(documents) == 0 || l.agent.policyFor(l.trunk).Strips("Geolocation") {
		setSDP(m, sdp)
		return
	}
	parts := []multipart.Part{{Type: contentSDP, Disposition: "session", Body: sdp}}
	for _, document := range documents {
		parts = append(parts, multipart.Part{
			Type: document.Type, Disposition: "by-reference", ID: document.ID, Optional: true, Body: document.Text,
		})
	}
	contentType, body, err := multipart.Write(parts)
	if err != nil {
		l.log.Warn("location left out", "error", err)
		setSDP(m, sdp)
		return
	}
	m.AppendHeader(sip.NewHeader("MIME-Version", "1.0"))
	m.AppendHeader(sip.NewHeader("Content-Type", contentType))
	m.SetBody(body)
}

// inviteWithoutDocuments sends the INVITE again to a party that takes no body of several parts. It reports false if it
// had none.
func (l *leg) inviteWithoutDocuments() bool {
	refused := l.calling.transaction
	if refused == nil || l.givenUp() {
		return false
	}
	request, _ := refused.Sent()
	if !strings.HasPrefix(message.ContentType(request), "multipart/") {
		return false
	}
	sdp := sdpIn(request)
	for _, name := range []string{"Content-Type", "MIME-Version", "Geolocation"} {
		for request.RemoveHeader(name) {
			continue // it takes the first one away
		}
	}
	setSDP(request, sdp)
	return l.inviteAgain(refused)
}
