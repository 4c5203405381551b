package multipart_test

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/sipua/multipart"
)

func known(mediaType string) bool {
	return mediaType == "application/sdp" || mediaType == "application/pidf+xml"
}

// read reads a body of this type, with LF where the wire has CRLF.
func read(contentType, body string) ([]multipart.Part, error) {
	header := textproto.MIMEHeader{"Content-Type": {contentType}}
	return multipart.Read(header.Get, []byte(strings.ReplaceAll(body, "\n", "\r\n")), known)
}

func TestRead(t *testing.T) {
	t.Parallel()
	const sdp, place = "Content-Type: application/sdp\n\nv=0\n", "Content-Type: application/pidf+xml\n"
	for name, test := range map[string]struct {
		contentType, body string
		want              string
	}{
		"one body":  {"application/sdp", "v=0", "application/sdp session v=0"},
		"no type":   {"", "?", " render ?"},
		"described": {"Multipart/Mixed; boundary=\"b c\"", "--b c\n" + sdp + "--b c--", "application/sdp session v=0"},
		"location": {
			"multipart/mixed;boundary=b",
			"preamble\n--b\n" + sdp + "\n--b\n" + place + "Content-ID: <a@b.test>\nContent-Disposition: by-reference\n" +
				"\n<presence/>\n--b--\nepilogue",
			"application/sdp session v=0|application/pidf+xml by-reference a@b.test <presence/>",
		},
		"optional": {
			"multipart/mixed;boundary=b",
			"--b\nContent-Type: application/ISUP\nContent-Disposition: signal; handling=OPTIONAL\n\nx\n--b--",
			"application/isup signal optional x",
		},
		"coded": {
			"multipart/mixed;boundary=b",
			"--b\nContent-Type: application/sdp\nContent-Transfer-Encoding: base64\n\ndj0w\n--b--", " session dj0w",
		},
		"alternatives": {
			"multipart/alternative;boundary=b",
			"--b\nContent-Type: text/plain\n\nno\n--b\n" + sdp + "--b\nContent-Type: text/html\n\nno\n--b--",
			"application/sdp session v=0",
		},
		"no alternative": {
			"multipart/alternative;boundary=b",
			"--b\nContent-Type: text/plain\n\n1\n--b\nContent-Type: text/html\n\n2\n--b--",
			"text/plain render 1|text/html render 2",
		},
		"two levels": {
			"multipart/mixed;boundary=b",
			"--b\nContent-Type: multipart/related;boundary=c\n\n--c\n" + sdp + "--c--\n--b\n" + place + "\n<p/>\n--b--",
			"application/sdp session v=0|application/pidf+xml render <p/>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts, err := read(test.contentType, test.body)
			if err != nil {
				t.Fatal(err)
			}
			if got := spell(parts); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func spell(parts []multipart.Part) string {
	spelt := make([]string, 0, len(parts))
	for _, part := range parts {
		words := []string{part.Type, part.Disposition}
		if part.ID != "" {
			words = append(words, part.ID)
		}
		if part.Optional {
			words = append(words, "optional")
		}
		spelt = append(spelt, strings.Join(append(words, strings.TrimSpace(string(part.Body))), " "))
	}
	return strings.Join(spelt, "|")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	nested, many := "x", strings.Repeat("--b\n\nx\n", multipart.MaxParts+1)+"--b--"
	for level := range multipart.MaxDepth {
		const part = "--b%d\nContent-Type: multipart/mixed;boundary=b%d\n\n%s\n--b%d--"
		nested = fmt.Sprintf(part, level+1, level, nested, level+1)
	}
	for name, test := range map[string]struct {
		contentType, body string
		want              error
		status            int
	}{
		"no boundary":         {"multipart/mixed", "--b--", multipart.ErrMalformed, 400},
		"long boundary":       {"multipart/mixed;boundary=" + strings.Repeat("b", 71), "", multipart.ErrMalformed, 400},
		"bad parameters":      {"multipart/mixed;boundary=b;;=", "--b\n\nx\n--b--", multipart.ErrMalformed, 400},
		"nothing":             {"multipart/mixed;boundary=b", "", multipart.ErrMalformed, 400},
		"no part":             {"multipart/mixed;boundary=b", "--b--", multipart.ErrMalformed, 400},
		"never ends":          {"multipart/mixed;boundary=b", "--b\n\nx", multipart.ErrMalformed, 400},
		"bad header":          {"multipart/mixed;boundary=b", "--b\nno colon\n\nx\n--b--", multipart.ErrMalformed, 400},
		"too many parts":      {"multipart/mixed;boundary=b", many, multipart.ErrTooMany, 413},
		"too deep":            {"multipart/mixed;boundary=b2", nested, multipart.ErrTooMany, 413},
		"malformed deep down": {"multipart/mixed;boundary=b1", nested, multipart.ErrMalformed, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts, err := read(test.contentType, test.body)
			if cause := bridge.CauseOf(err); !errors.Is(err, test.want) || cause.Status != test.status {
				t.Errorf("got %v and %v, want %v", parts, err, test.want)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	contentType, body, err := multipart.Write([]multipart.Part{
		{Type: "application/sdp", Disposition: "session", Body: []byte("v=0\r\n")},
		{Type: "application/pidf+xml", Disposition: "by-reference", ID: "a@b", Optional: true, Body: []byte("<p/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := multipart.Read(textproto.MIMEHeader{"Content-Type": {contentType}}.Get, body, known)
	const want = "application/sdp session v=0|application/pidf+xml by-reference a@b optional <p/>"
	if err != nil || spell(parts) != want {
		t.Errorf("got %s, %v\nof\n%s", spell(parts), err, body)
	}
	_, _, err = multipart.Write([]multipart.Part{{Type: "a/b", ID: "x\r\nVia: y"}})
	if !errors.Is(err, multipart.ErrMalformed) {
		t.Errorf("a line break was written: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", "--b\nContent-Type: application/sdp\n\nv=0\n--b--")
	f.Add("multipart/alternative;boundary=b", "--b\nContent-ID: <a>\n\nx\n--b--")
	f.Add("multipart/mixed;boundary=b", "--b\nContent-Type: multipart/mixed;boundary=c\n\n--c\n\n\n--c--\n--b--")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		parts, err := read(contentType, body)
		if err != nil {
			if status := bridge.CauseOf(err).Status; status != 400 && status != 413 {
				t.Fatalf("status %d: %v", status, err)
			}
			return
		}
		if len(parts) == 0 || len(parts) > multipart.MaxParts {
			t.Fatalf("%d parts", len(parts))
		}
		for _, part := range parts {
			if strings.HasPrefix(part.Type, "multipart/") {
				t.Fatalf("a part of %s", part.Type)
			}
		}
	})
}
