package ws

import (
	"net/http"
	"slices"
)

// originAllowed keeps other sites' pages out: their browser would connect with our user's network position
// (cross-site WebSocket hijacking).
//
// A page of this server may connect: its Origin names the host that the request was sent to, by https
// or, if the connection has no TLS of ours, by http. Any other Origin must be in the list, to the letter; so "null",
// other spellings and two Origin headers are refused. A request without Origin is no page's, for browsers
// always send one (RFC 6455 section 4.1); it is allowed unless something else in it shows a browser.
func originAllowed(r *http.Request, allowed []string) bool {
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		return !looksLikeBrowser(r.Header)
	case len(origins) > 1:
		return false
	case origins[0] == "https://"+r.Host, r.TLS == nil && origins[0] == "http://"+r.Host:
		return true
	default:
		return slices.Contains(allowed, origins[0])
	}
}

// looksLikeBrowser finds headers that scripts can't hold back and programs have no reason to send.
func looksLikeBrowser(header http.Header) bool {
	for _, name := range []string{"Cookie", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		if header.Get(name) != "" {
			return true
		}
	}
	return false
}
