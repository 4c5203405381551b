package content

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

const mixed = "multipart/mixed;boundary=b"

// body is a request with a body of a type.
func body(contentType, text string) *sip.Request {
	request := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
	request.AppendHeader(sip.NewHeader("Content-Type", contentType))
	request.SetBody([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return request
}

// TestRead: what of a body is read, passed over and refused.
func TestRead(t *testing.T) {
	t.Parallel()
	const sdp, place = "--b\nContent-Type: application/sdp\n\nsdp\n", "--b\nContent-Type: application/pidf+xml\n\n<x/>\n"
	const isup = "--b\nContent-Type: application/ISUP\nContent-Disposition: signal;handling=optional\n\nx\n"
	for name, test := range map[string]struct {
		contentType, body string
		sdp               string
		documents, status int
	}{
		"nothing":                {mixed, "", "", 0, 0},
		"a description":          {SDP, "sdp", "sdp", 0, 0},
		"one of several":         {mixed, sdp + "--b--\n", "sdp", 0, 0},
		"with a place":           {mixed, sdp + place + "--b--\n", "sdp", 1, 0},
		"a place alone":          {PIDF, "<x/>", "", 1, 0},
		"with what is optional":  {mixed, sdp + isup + "--b--\n", "sdp", 0, 0},
		"with what is required":  {mixed, sdp + strings.Replace(isup, "optional", "required", 1) + "--b--\n", "", 0, 415},
		"two":                    {mixed, sdp + sdp + "--b--\n", "", 0, 400},
		"too many":               {mixed, sdp + strings.Repeat(isup, 8) + "--b--\n", "", 0, 413},
		"not what its type says": {mixed, "--c--", "", 0, 400},
		"what nobody knows":      {"text/plain", "hello", "", 0, 415},
	} {
		request := body(test.contentType, test.body)
		read, err := Read(request)
		if test.status != 0 {
			cause := bridge.CauseOf(err)
			if err == nil || cause.Status != test.status {
				t.Errorf("%s: %v, want %d", name, err, test.status)
			}
			if test.status == 415 && (len(cause.Headers) != 1 || cause.Headers[0].Value != Accept()) {
				t.Errorf("%s: what is read is not said: %+v", name, cause)
			}
			if !bytes.Equal(SDPIn(request), request.Body()) {
				t.Errorf("%s: whoever parses it gets %q", name, SDPIn(request))
			}
			continue
		}
		if err != nil || string(read.SDP) != test.sdp || len(read.Documents) != test.documents {
			t.Errorf("%s: %+v, %v", name, read, err)
		}
		if got := string(SDPIn(request)); got != test.sdp {
			t.Errorf("%s: the description is %q", name, got)
		}
	}
}

// TestWrittenIsRead, and what a party takes that reads no parts.
func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	place := bridge.Document{ID: "here@x", Type: PIDF, Text: []byte("<x/>")}
	for name, test := range map[string]struct {
		written Content
		parts   bool
	}{
		"nothing":       {Content{}, false},
		"a description": {Content{SDP: []byte("sdp")}, false},
		"a place, too":  {Content{SDP: []byte("sdp"), Documents: []bridge.Document{place}}, true},
	} {
		request := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
		request.AppendHeader(sip.NewHeader("Geolocation", "<cid:here@x>"))
		if err := test.written.Write(request); err != nil {
			t.Fatal(err)
		}
		read, err := Read(request)
		if err != nil || !bytes.Equal(read.SDP, test.written.SDP) || len(read.Documents) != len(test.written.Documents) {
			t.Errorf("%s: %+v, %v", name, read, err)
		}
		if left := LeaveOut(request); left != test.parts || string(request.Body()) != string(test.written.SDP) {
			t.Errorf("%s: left out %v\n%s", name, left, request)
		}
		if refers := request.GetHeader("Geolocation") != nil; refers == test.parts {
			t.Errorf("%s: it refers to a place: %v", name, refers)
		}
	}
}

// FuzzRead: a body that is read has what can be written again.
func FuzzRead(f *testing.F) {
	f.Add(mixed, "--b\r\nContent-Type: application/sdp\r\n\r\nsdp\r\n--b--\r\n")
	f.Add(SDP, "sdp")
	f.Fuzz(func(t *testing.T, contentType, text string) {
		request := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
		request.AppendHeader(sip.NewHeader("Content-Type", contentType))
		request.SetBody([]byte(text))
		read, err := Read(request)
		if status := bridge.CauseOf(err).Status; err != nil && status != 400 && status != 413 && status != 415 {
			t.Errorf("refused with %d", status)
		}
		if err == nil && len(read.SDP) > len(text) {
			t.Errorf("%q is %+v", text, read)
		}
	})
}
