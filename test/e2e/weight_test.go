package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"path"
	"regexp"
	"testing"

	"sipbridge/test/e2e/service"
)

// mostWeight is how heavy a page may be, in bytes that come.
const mostWeight = 300 << 10

var loadedByPage = regexp.MustCompile(`(?:src|href)="([^"#:]+\.(?:js|css|svg))"`)

// TestPagesAreLight weighs each page with all that it loads.
func TestPagesAreLight(t *testing.T) {
	t.Parallel()
	s, err := service.Start(service.Options{Binary: binary, Dir: t.TempDir()})
	must(t, err)
	defer s.Stop()
	for _, page := range []string{"/phone/", "/test/", "/account/"} {
		html, all := weigh(t, s.HTTP+page)
		loads := loadedByPage.FindAllStringSubmatch(html, -1)
		if len(loads) < 3 {
			t.Errorf("%s loads %v: its script or its style is missing", page, loads)
		}
		for _, load := range loads {
			_, weight := weigh(t, s.HTTP+path.Join(page, load[1]))
			all += weight
		}
		t.Logf("%s weighs %d KiB", page, all>>10)
		if all > mostWeight {
			t.Errorf("%s weighs %d bytes, more than %d", page, all, mostWeight)
		}
	}
	for _, script := range []string{"/SIPml-api.js", "/c2c.js", "/videoio.js"} {
		_, weight := weigh(t, s.HTTP+script)
		t.Logf("%s weighs %d KiB", script, weight>>10)
	}
}

// weigh fetches something as browsers do, and gives its text and how many bytes came. It must have come packed, and be
// the same as what others get.
func weigh(t *testing.T, address string) (text string, weight int) {
	t.Helper()
	coding, packed := fetch(t, address, "gzip")
	if coding != "gzip" {
		t.Fatalf("%s comes in the coding %q", address, coding)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	unpacked, err := io.ReadAll(reader)
	must(t, err)
	if _, plain := fetch(t, address, "identity"); !bytes.Equal(plain, unpacked) {
		t.Errorf("%s is another thing when packed", address)
	}
	return string(unpacked), len(packed)
}

// fetch gives the content in this coding, if the service has it, and the coding that it came in.
func fetch(t *testing.T, address, coding string) (as string, content []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	must(t, err)
	request.Header.Set("Accept-Encoding", coding)
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s gives %d", address, response.StatusCode)
	}
	content, err = io.ReadAll(response.Body)
	must(t, err)
	return response.Header.Get("Content-Encoding"), content
}
