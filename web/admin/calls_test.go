package admin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCallsAreShown(t *testing.T) {
	t.Parallel()
	call := Call{
		ID: "ABC", State: "answered", Started: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		Caller: Leg{
			Party: `"<script>alert(1)</script>" <sip:a@b>`, Transport: "WSS", Received: 50, Jitter: 1.25, MOS: 4.4,
			Clipped: 0.36,
		},
		Callee:  Leg{Party: "sip:c@d", Path: "PCMU/8000 -> PCMA/8000", LostThere: 3},
		Unheard: "caller does not hear callee",
	}
	options := Options{Ready: func() bool { return true }, Logger: slog.New(slog.DiscardHandler)}
	if got := ask(t, must(t)(New(options)), "/calls"); got.Code != http.StatusNotFound {
		t.Errorf("shown without being asked for: %d", got.Code)
	}
	options.Calls = func() []Call { return []Call{call} }
	handler := must(t)(New(options))
	page := ask(t, handler, "/calls")
	for _, word := range []string{
		"Running calls: 1", "ABC", "answered", "10:00:00 UTC", "&lt;script&gt;", "WSS", "<td>50<", "<td>1.2<", "<td>4.4\n",
		"<td>0.36<",
		"PCMU/8000 -&gt; PCMA/8000", "<td>3<", "<strong>caller does not hear callee</strong>",
	} {
		if !strings.Contains(page.Body.String(), word) {
			t.Errorf("the page has no %q:\n%s", word, page.Body)
		}
	}
	if strings.Contains(page.Body.String(), "<script") {
		t.Error("a name became a script")
	}
	_, style, _ := strings.Cut(page.Body.String(), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	hash := sha256.Sum256([]byte(style))
	own := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	policy := page.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, own) {
		t.Errorf("policy %q, want %s in it", policy, own)
	}
	var read []Call
	err := json.Unmarshal(ask(t, handler, "/calls.json").Body.Bytes(), &read)
	if err != nil || len(read) != 1 || read[0] != call {
		t.Errorf("%v: %+v", err, read)
	}
}
