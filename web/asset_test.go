package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := io.WriteString(writer, text); err != nil {
		t.Fatal(err)
	}
	closed(t, writer)
	return buffer.Bytes()
}

// script is what the packed page has: long enough to gain by it.
const script = "start(); start(); start(); start(); start(); start(); start(); start(); start(); start(); start();"

func builtPacked(t *testing.T) fstest.MapFS {
	t.Helper()
	files := built()
	files["phone/phone.js"] = &fstest.MapFile{Data: []byte(script)}
	files["phone/phone.js.gz"] = &fstest.MapFile{Data: packed(t, script)}
	files["SIPml-api.js"] = &fstest.MapFile{Data: []byte(script)}
	files["SIPml-api.js.gz"] = &fstest.MapFile{Data: packed(t, script)}
	return files
}

func ask(t *testing.T, handler http.Handler, url string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest("GET", url, http.NoBody)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestScriptsArePackedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: builtPacked(t)})
	for _, test := range []struct {
		url, accepts, coding, vary string
	}{
		{"/phone/phone.js", "gzip, deflate, br", "gzip", "Accept-Encoding"},
		{"/SIPml-api.js", "br;q=1.0, gzip;q=0.8", "gzip", "Accept-Encoding"},
		{"/phone/phone.js", "GZIP", "gzip", "Accept-Encoding"},
		{"/phone/phone.js", "x-gzip", "gzip", "Accept-Encoding"},
		{"/phone/phone.js", "*", "gzip", "Accept-Encoding"},
		{"/phone/phone.js", "", "", "Accept-Encoding"},
		{"/phone/phone.js", "identity", "", "Accept-Encoding"},
		{"/phone/phone.js", "gzip;q=0, *", "", "Accept-Encoding"},
		{"/phone/phone.js", "*, gzip ; q=0.000", "", "Accept-Encoding"},
		{"/phone/phone.js", "*;q=0", "", "Accept-Encoding"},
		{"/phone/phone.js", "gzip;q=much", "", "Accept-Encoding"},
		{"/phone/phone.js", "gzipped", "", "Accept-Encoding"},
		{"/phone/", "gzip", "", ""},            // there is no packed form
		{"/phone/config.json", "gzip", "", ""}, // made anew for each who asks
	} {
		got := ask(t, handler, test.url, map[string]string{"Accept-Encoding": test.accepts})
		header := got.Header()
		if header.Get("Content-Encoding") != test.coding || header.Get("Vary") != test.vary {
			t.Errorf("%s for %q: %q, varies by %q", test.url, test.accepts, header.Get("Content-Encoding"), header.Get("Vary"))
		}
		if length := header.Get("Content-Length"); test.coding != "" && length != strconv.Itoa(got.Body.Len()) {
			t.Errorf("%s for %q says it has %s bytes, and has %d", test.url, test.accepts, length, got.Body.Len())
		}
		if !strings.HasSuffix(test.url, ".js") {
			continue
		}
		if kind := header.Get("Content-Type"); kind != "text/javascript; charset=utf-8" {
			t.Errorf("%s for %q is %q", test.url, test.accepts, kind)
		}
		if text := plainText(t, got); text != script {
			t.Errorf("%s for %q is %d bytes of something else", test.url, test.accepts, len(text))
		}
	}
}

func plainText(t *testing.T, got *httptest.ResponseRecorder) string {
	t.Helper()
	if got.Header().Get("Content-Encoding") == "" {
		return got.Body.String()
	}
	reader, err := gzip.NewReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPackedFilesHaveNoAddress: the packed form is another form of the same thing, and not a thing beside it.
func TestPackedFilesHaveNoAddress(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: builtPacked(t)})
	for _, url := range []string{"/phone/phone.js.gz", "/SIPml-api.js.gz"} {
		if got := get(t, handler, "GET", url); got.Code != http.StatusNotFound {
			t.Errorf("%s gives %d", url, got.Code)
		}
	}
}

// TestWhatIsKeptIsAskedForAgain: a browser that has a form of a script gets 304 while it is the same one, and all of it
// else.
func TestWhatIsKeptIsAskedForAgain(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: builtPacked(t)})
	plain := get(t, handler, "GET", "/phone/phone.js").Header().Get("Etag")
	gzip := map[string]string{"Accept-Encoding": "gzip"}
	shrunk := ask(t, handler, "/phone/phone.js", gzip).Header().Get("Etag")
	if plain == "" || plain == shrunk || plain == get(t, handler, "GET", "/phone/").Header().Get("Etag") {
		t.Errorf("the plain form is %s, and the packed one %s", plain, shrunk)
	}
	for _, test := range []struct {
		accepts, has string
		status       int
	}{
		{"gzip", shrunk, http.StatusNotModified},
		{"", plain, http.StatusNotModified},
		{"gzip", plain, http.StatusOK},
		{"gzip", `"of the program before"`, http.StatusOK},
	} {
		got := ask(t, handler, "/phone/phone.js", map[string]string{
			"Accept-Encoding": test.accepts, "If-None-Match": test.has,
		})
		if got.Code != test.status || got.Header().Get("Cache-Control") != "no-cache" || got.Header().Get("Vary") == "" {
			t.Errorf("who has %s and takes %q gets %d %v", test.has, test.accepts, got.Code, got.Header())
		}
		if test.status == http.StatusNotModified && got.Body.Len()+len(got.Header()["Content-Length"]) > 0 {
			t.Errorf("304 has a length of %s and a body of %d bytes", got.Header().Get("Content-Length"), got.Body.Len())
		}
	}
}

// TestPartsAreOfTheFormThatWasAskedFor: the bytes of a range are counted in the packed form (RFC 9110 section 14.1.2).
func TestPartsAreOfTheFormThatWasAskedFor(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: builtPacked(t)})
	got := ask(t, handler, "/phone/phone.js", map[string]string{"Accept-Encoding": "gzip", "Range": "bytes=2-9"})
	whole := packed(t, script)
	length := got.Header().Get("Content-Length")
	if got.Code != http.StatusPartialContent || !bytes.Equal(got.Body.Bytes(), whole[2:10]) || length != "8" {
		t.Errorf("gives %d %v %x", got.Code, got.Header(), got.Body)
	}
}
