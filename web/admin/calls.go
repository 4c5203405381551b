package admin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
)

// row is one leg in the table.
type row struct {
	Side string
	Leg  Leg
}

// rowOf gives a leg of a call for the table.
func rowOf(side string, leg Leg) row { return row{Side: side, Leg: leg} }

// callsHandler serves /calls, and the same as JSON at /calls.json.
type callsHandler struct {
	calls func() []Call
	page  *template.Template
	// policy lets the page have its own style, and nothing else.
	policy string
	log    *slog.Logger
}

func newCallsHandler(calls func() []Call, log *slog.Logger) (callsHandler, error) {
	page, err := template.New("calls").Funcs(template.FuncMap{"row": rowOf}).Parse(callsPage)
	if err != nil {
		return callsHandler{}, fmt.Errorf("calls page: %w", err)
	}
	style := sha256.Sum256([]byte(callsStyle))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(style[:]))
	return callsHandler{calls: calls, page: page, policy: policy, log: log}, nil
}

func (h callsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header, calls := w.Header(), h.calls()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", h.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	var err error
	if r.URL.Path == "/calls.json" {
		header.Set("Content-Type", "application/json")
		err = json.NewEncoder(w).Encode(calls)
	} else {
		header.Set("Content-Type", "text/html; charset=utf-8")
		err = h.page.Execute(w, calls)
	}
	if err != nil {
		h.log.Debug("calls are not shown", "error", err)
	}
}
