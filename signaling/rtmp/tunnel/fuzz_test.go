package tunnel_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sipbridge/signaling/rtmp/tunnel"
)

// FuzzRequests sends any request for a session that is there, after its first one.
func FuzzRequests(f *testing.F) {
	f.Add("/send/@/2", "x")
	f.Add("/idle/@/1", "")
	f.Add("/close/@/18446744073709551616", "\x00")
	f.Add("//@/", "")
	f.Add("/open/1", "\x00")
	f.Fuzz(func(t *testing.T, path, body string) {
		listener := tunnel.NewListener(tunnel.Options{})
		ask := func(path, body string) *httptest.ResponseRecorder {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			request.URL.Path = path
			request.Header.Set("Content-Type", "application/x-fcs")
			answer := httptest.NewRecorder()
			listener.ServeHTTP(answer, request)
			return answer
		}
		id := strings.TrimSpace(ask("/open/1", "").Body.String())
		if answer := ask("/send/"+id+"/1", "x"); answer.Code != 200 || answer.Body.String() != "\x01" {
			t.Fatalf("the first request is answered %d %q", answer.Code, answer.Body)
		}
		answer := ask(strings.ReplaceAll(path, "@", id), body)
		if answer.Code != 200 && answer.Code != 400 && answer.Code != 404 && answer.Code != 413 {
			t.Errorf("%q is answered %d", path, answer.Code)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
}
