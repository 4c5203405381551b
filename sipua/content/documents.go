package content

import (
	"errors"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

const (
	// maxDocuments bounds the documents of a request, in bytes together.
	maxDocuments = 8 << 10
	// maxDocumentID bounds the name of a document, in bytes.
	maxDocumentID = 128
)

// ErrTooLarge says that the documents of a request are larger than may cross, or the name of one is.
var ErrTooLarge = errors.New("content: documents too large")

// AddDocuments gives what a caller asks for with documents of his. One that no Geolocation header names gets one, since
// sip-js sends none. If they are too large, it is what he asks for without any.
func AddDocuments(asked bridge.Request, documents []bridge.Document) (bridge.Request, error) {
	size := 0
	for _, document := range documents {
		if size += len(document.Text); size > maxDocuments || len(document.ID) > maxDocumentID {
			return WithoutDocuments(asked), ErrTooLarge
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
	return asked, nil
}

// refersTo tells whether a Geolocation header refers to a document (RFC 6442 section 4.1).
func refersTo(all []bridge.Header, document bridge.Document) bool {
	for _, header := range all {
		if strings.EqualFold(header.Name, "Geolocation") && strings.Contains(header.Value, "<cid:"+document.ID+">") {
			return true
		}
	}
	return false
}

// WithoutDocuments is a request for a party that reads none, or is not to.
func WithoutDocuments(request bridge.Request) bridge.Request {
	var kept []bridge.Header
	for _, header := range request.Headers {
		if !strings.EqualFold(header.Name, "Geolocation") || !strings.Contains(header.Value, "<cid:") {
			kept = append(kept, header)
		}
	}
	request.Headers, request.Documents = kept, nil
	return request
}

// LeaveOut takes the documents out of a request of ours, for a party that takes no body of several parts. It reports
// false, having changed nothing, if the request had none.
func LeaveOut(request *sip.Request) bool {
	if !strings.HasPrefix(message.ContentType(request), "multipart/") {
		return false
	}
	sdp := SDPIn(request)
	for _, name := range []string{"Content-Type", "MIME-Version", "Geolocation"} {
		for request.RemoveHeader(name) {
			continue // it takes the first one away
		}
	}
	SetSDP(request, sdp)
	return true
}
