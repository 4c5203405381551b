package clicktocall

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// linkPath begins the links of mails: the account and its code follow, as webrtc2sip's did.
const linkPath = "/c2c/a/"

// welcome is the mail for who made an account, or wants another password.
func (s *Service) welcome(name, email, code, password string) (subject, text string) {
	link := s.options.URL + linkPath + base64.RawURLEncoding.EncodeToString([]byte(email)) + ";" + code
	return "Your click-to-call account", fmt.Sprintf(`Hello %s,

somebody, probably you, asked for a click-to-call account with this e-mail address.

Open this page to put your password into force. It can be opened for two days:
%s

Your password then is: %s

If you did not ask for this, there is nothing to do. A password that you had stays as it was.
`, name, link, password)
}

// confirm asks once more, because programs that look through mails open links, too. %s is the rest of the page.
const confirm = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Click-to-call</title>
<h1>Click-to-call</h1>
%s
</html>
`

// confirmPolicy lets the page send its form here and do nothing else.
const confirmPolicy = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// serveLink answers the link of a mail: with a page whose button POSTs to the same link, and that with what came of it.
func (s *Service) serveLink(w http.ResponseWriter, r *http.Request) {
	email, code, ok := readLink(r.URL.Path)
	if !ok || s.options.Store == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", confirmPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	rest := `<form method="post"><button>Put my password into force</button></form>`
	if r.Method == http.MethodPost {
		rest = `<p>Your account is active. <a href="/account/">Sign in</a> with the password of the mail.</p>`
		if !s.sources.Allow(source(r), s.options.Now()) || s.activateBy(r.Context(), email, code) != nil {
			rest = "<p>This link is not good, or not any more.</p>"
			w.WriteHeader(http.StatusNotFound)
		}
	}
	_, _ = fmt.Fprintf(w, confirm, rest) // a client that went away is nobody's fault
}

// readLink takes the link of a mail apart.
func readLink(path string) (email, code string, ok bool) {
	rest, ok := strings.CutPrefix(path, linkPath)
	if !ok {
		return "", "", false
	}
	encoded, code, ok := strings.Cut(rest, ";")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	return string(raw), code, ok && err == nil
}
