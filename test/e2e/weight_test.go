package e2e

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"sipbridge/test/e2e/service"
)

// mostWeight is how heavy a page may be, in bytes as gzip leaves them.
const mostWeight = 300 << 10

var loadedByPage = regexp.MustCompile(`(?:src|href)="([^"#:]+\.(?:js|css|svg))"`)

// TestPagesAreLight weighs each page with all that it loads.
func TestPagesAreLight(t *testing.T) {
	s, err := service.Start(service.Options{Binary: binary, Dir: t.TempDir()})
	must(t, err)
	defer s.Stop()
	get := func(address string) string {
		status, body, err := s.Get(address)
		must(t, err)
		if status != http.StatusOK {
			t.Fatalf("%s gives %d", address, status)
		}
		return body
	}
	for _, page := range []string{"/phone/", "/test/"} {
		html := get(page)
		all := gzipped(t, html)
		loads := loadedByPage.FindAllStringSubmatch(html, -1)
		if len(loads) < 3 {
			t.Errorf("%s loads %v: its script or its style is missing", page, loads)
		}
		for _, load := range loads {
			all += gzipped(t, get(path.Join(page, load[1])))
		}
		t.Logf("%s weighs %d KiB", page, all>>10)
		if all > mostWeight {
			t.Errorf("%s weighs %d bytes, more than %d", page, all, mostWeight)
		}
	}
}

func gzipped(t *testing.T, text string) int {
	t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := strings.NewReader(text).WriteTo(writer)
	must(t, err)
	must(t, writer.Close())
	return packed.Len()
}
