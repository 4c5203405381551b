package content

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"sipbridge/bridge"
)

// TestAddDocuments: each is named by a header, and too much is left out altogether.
func TestAddDocuments(t *testing.T) {
	t.Parallel()
	named := bridge.Header{Name: "Geolocation", Value: "<cid:here@x>"}
	elsewhere := bridge.Header{Name: "geolocation", Value: "<https://where.test/x>"}
	asked := bridge.Request{Headers: []bridge.Header{elsewhere, named}}
	of := func(id string, size int) bridge.Document {
		return bridge.Document{ID: id, Type: PIDF, Text: bytes.Repeat([]byte("x"), size)}
	}
	for name, test := range map[string]struct {
		documents      []bridge.Document
		headers, added int
		err            error
	}{
		"none":             {nil, 2, 0, nil},
		"named":            {[]bridge.Document{of("here@x", 10)}, 2, 1, nil},
		"not named":        {[]bridge.Document{of("there@x", 10)}, 3, 1, nil},
		"without a name":   {[]bridge.Document{of("", 10), of("", 10)}, 4, 2, nil},
		"as large as can":  {[]bridge.Document{of("here@x", maxDocuments)}, 2, 1, nil},
		"too large":        {[]bridge.Document{of("here@x", maxDocuments), of("there@x", 1)}, 1, 0, ErrTooLarge},
		"too large a name": {[]bridge.Document{of(strings.Repeat("x", maxDocumentID+1), 1)}, 1, 0, ErrTooLarge},
	} {
		got, err := AddDocuments(asked, test.documents)
		if !errors.Is(err, test.err) || len(got.Headers) != test.headers || len(got.Documents) != test.added {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		for _, document := range got.Documents {
			if document.ID == "" || !refersTo(got.Headers, document) {
				t.Errorf("%s: nobody refers to %q", name, document.ID)
			}
		}
		if len(asked.Headers) != 2 || asked.Documents != nil {
			t.Fatalf("%s: what was asked has changed: %+v", name, asked)
		}
	}
}

// TestWithoutDocuments: a place that is somewhere else may still be named.
func TestWithoutDocuments(t *testing.T) {
	t.Parallel()
	kept := bridge.Header{Name: "Geolocation", Value: "<https://where.test/x>"}
	got := WithoutDocuments(bridge.Request{
		Headers:   []bridge.Header{{Name: "GEOLOCATION", Value: "<cid:here@x>"}, kept, {Name: "Subject", Value: "<cid:x>"}},
		Documents: []bridge.Document{{ID: "here@x"}},
	})
	if len(got.Headers) != 2 || got.Headers[0] != kept || got.Documents != nil {
		t.Errorf("left is %+v", got)
	}
}
