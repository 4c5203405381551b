package web

import (
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Options says what the handler serves.
type Options struct {
	// Pages holds the pages and scripts that were built; see EmbeddedPages.
	Pages fs.FS
	// WebSocketPath is where the page finds SIP over WebSocket, on the same host. Default "/ws".
	WebSocketPath string
	// Domain is the SIP domain that the page offers to register with.
	Domain string
	// Numbers are what the page offers to dial, such as "echo".
	Numbers []string
	// Accounts are shown to whoever opens the page on this very machine. Only made-up accounts of a
	// demonstration belong here.
	Accounts []Account
}

// Account is a user of a demonstration.
type Account struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// Start is what the page asks for first, at /phone/config.json.
type Start struct {
	// WebSocket is the path of SIP over WebSocket.
	WebSocket string `json:"webSocket"`
	// Domain is the SIP domain to register with.
	Domain string `json:"domain"`
	// Numbers can be dialled without anybody else there.
	Numbers []string `json:"numbers"`
	// Accounts are users of a demonstration; none otherwise.
	Accounts []Account `json:"accounts"`
}

// Handler serves the web phone at /phone/, where / leads to, and the other pages and scripts that were built.
func Handler(options Options) http.Handler {
	if options.WebSocketPath == "" {
		options.WebSocketPath = "/ws"
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/phone/", http.StatusFound))
	mountPages(mux, options.Pages)
	mux.HandleFunc("GET /phone/config.json", func(w http.ResponseWriter, r *http.Request) {
		serveStart(w, r, options)
	})
	return secured(mux)
}

func serveStart(w http.ResponseWriter, r *http.Request, options Options) {
	start := Start{
		WebSocket: options.WebSocketPath,
		Domain:    options.Domain,
		Numbers:   append([]string{}, options.Numbers...),
		Accounts:  []Account{},
	}
	if namesThisMachine(r.Host) {
		start.Accounts = append(start.Accounts, options.Accounts...)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// A client that went away is nobody's fault.
	_ = json.NewEncoder(w).Encode(start) //nolint:errchkjson // text only
}

// namesThisMachine tells whether the page was asked for as localhost or a loopback address. A foreign
// page whose name was made to resolve to this machine (DNS rebinding) is not.
func namesThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// policy lets the page use its own files, its microphone and camera, and WebSockets; nobody may put it
// into a frame, where a click could be stolen.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' data: blob: mediastream:; font-src 'self'; manifest-src 'self'; worker-src 'self'; " +
	"connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secured sets the headers that keep a page from doing what it never needs to.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "microphone=(self), camera=(self), geolocation=(self)")
		next.ServeHTTP(w, r)
	})
}
