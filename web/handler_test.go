package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		"phone/index.html":          {Data: []byte("<!doctype html><title>phone</title>")},
		"phone/phone.js":            {Data: []byte("start()")},
		"phone/sounds/ring.wav":     {Data: []byte("RIFF")},
		"phone/.gitignore":          {Data: []byte("*")},
		"phone/sounds/.secret/file": {Data: []byte("x")},
		".gitignore":                {Data: []byte("*")},
		"test/index.html":           {Data: []byte("<title>test")},
		"SIPml-api.js":              {Data: []byte("SIPml = {}")},
		"licences.txt":              {Data: []byte("x")},
	}
}

func get(t *testing.T, handler http.Handler, method, url string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, url, http.NoBody))
	return recorder
}

func TestHandlerServes(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: built()})
	for _, test := range []struct {
		method, url    string
		status         int
		mime, contains string
	}{
		{"GET", "/", http.StatusFound, "", "/phone/"},
		{"GET", "/phone/", http.StatusOK, "text/html; charset=utf-8", "<title>phone"},
		{"HEAD", "/phone/", http.StatusOK, "text/html; charset=utf-8", ""},
		{"GET", "/phone/phone.js", http.StatusOK, "text/javascript; charset=utf-8", "start()"},
		{"GET", "/phone/sounds/ring.wav", http.StatusOK, "", "RIFF"},
		{"GET", "/phone/sounds/", http.StatusNotFound, "", ""},
		{"GET", "/phone/sounds", http.StatusNotFound, "", ""},
		{"GET", "/phone/none.js", http.StatusNotFound, "", ""},
		{"GET", "/phone/.gitignore", http.StatusNotFound, "", ""},
		{"GET", "/phone/sounds/.secret/file", http.StatusNotFound, "", ""},
		{"GET", "/phone/..%2f..%2fgo.mod", http.StatusNotFound, "", ""},
		{"GET", "/phone", http.StatusTemporaryRedirect, "", ""},
		{"GET", "/test/", http.StatusOK, "text/html; charset=utf-8", "<title>test"},
		{"GET", "/SIPml-api.js", http.StatusOK, "text/javascript; charset=utf-8", "SIPml"},
		{"GET", "/licences.txt", http.StatusOK, "text/plain; charset=utf-8", "x"},
		{"GET", "/.gitignore", http.StatusNotFound, "", ""},
		{"GET", "/other", http.StatusNotFound, "", ""},
		{"POST", "/phone/", http.StatusMethodNotAllowed, "", ""},
		{"POST", "/phone/config.json", http.StatusMethodNotAllowed, "", ""},
	} {
		got := get(t, handler, test.method, test.url)
		if got.Code != test.status {
			t.Errorf("%s %s gives %d, not %d", test.method, test.url, got.Code, test.status)
		}
		if test.mime != "" && got.Header().Get("Content-Type") != test.mime {
			t.Errorf("%s %s is %q, not %q", test.method, test.url, got.Header().Get("Content-Type"), test.mime)
		}
		if !strings.Contains(got.Body.String()+got.Header().Get("Location"), test.contains) {
			t.Errorf("%s %s gives %q", test.method, test.url, got.Body)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if got.Header().Get(name) == "" {
				t.Errorf("%s %s has no %s", test.method, test.url, name)
			}
		}
	}
}

// TestScriptsMayBeLoadedByOtherPages: a page of another origin may name them in a script tag, but nothing else of ours.
func TestScriptsMayBeLoadedByOtherPages(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{Pages: built()})
	for url, want := range map[string]string{
		"/SIPml-api.js":      "cross-origin",
		"/phone/phone.js":    "same-origin",
		"/phone/config.json": "same-origin",
	} {
		if got := get(t, handler, "GET", url).Header().Get("Cross-Origin-Resource-Policy"); got != want {
			t.Errorf("%s is for %q, not for %q", url, got, want)
		}
	}
}

func TestPolicyKeepsForeignContentOut(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"*", "unsafe-inline", "unsafe-eval", "http:", "https:"} {
		if strings.Contains(policy, word) {
			t.Errorf("the policy allows %s", word)
		}
	}
}

func TestHandlerWithoutPhoneSaysSo(t *testing.T) {
	t.Parallel()
	got := get(t, Handler(Options{Pages: fstest.MapFS{}}), "GET", "/phone/")
	if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "make build") {
		t.Errorf("a program without its page answers %d %q", got.Code, got.Body)
	}
}

func TestEmbeddedPagesAreThere(t *testing.T) {
	t.Parallel()
	pages, err := EmbeddedPages()
	if err != nil {
		t.Fatal(err)
	}
	got := get(t, Handler(Options{Pages: pages}), "GET", "/phone/")
	if got.Code != http.StatusOK && got.Code != http.StatusServiceUnavailable {
		t.Errorf("the page gives %d", got.Code)
	}
}

func TestStartShowsAccountsOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	handler := Handler(Options{
		Pages: built(), Domain: "localhost", Numbers: []string{"echo"},
		Accounts: []Account{{Name: "alice", Password: "secret"}},
	})
	for host, want := range map[string]int{
		"localhost:8080": 1, "127.0.0.1:8080": 1, "[::1]:8080": 1, "LOCALHOST": 1, "[::1]": 1,
		"192.0.2.7:8080": 0, "rebound.example:8080": 0, "localhost.example": 0, "127.0.0.1.example": 0, "": 0,
	} {
		request := httptest.NewRequest("GET", "/phone/config.json", http.NoBody)
		request.Host = host
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		var start Start
		if err := json.Unmarshal(recorder.Body.Bytes(), &start); err != nil {
			t.Fatal(err)
		}
		if len(start.Accounts) != want {
			t.Errorf("host %q sees %d accounts, not %d", host, len(start.Accounts), want)
		}
		if start.WebSocket != "/ws" || start.Domain != "localhost" || len(start.Numbers) != 1 {
			t.Errorf("the page starts with %+v", start)
		}
		if recorder.Header().Get("Cache-Control") != "no-store" {
			t.Error("passwords may be cached")
		}
	}
}

func TestStartHasListsNotNull(t *testing.T) {
	t.Parallel()
	got := get(t, Handler(Options{Pages: built()}), "GET", "/phone/config.json").Body.String()
	if strings.Contains(got, "null") {
		t.Errorf("a list is null in %s", got)
	}
}
