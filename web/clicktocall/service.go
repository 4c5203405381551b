package clicktocall

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"sipbridge/sipua/transport"
	"sipbridge/web/clicktocall/store"
)

const (
	// maxBody bounds a request, in bytes.
	maxBody = 16 << 10
	// zombie is how long an account waits for its activation.
	zombie = 48 * time.Hour
	// What one source may ask for in the long run, and at once.
	actionsPerSecond, actionsAtOnce = 1, 30
	// hashesAtOnce bounds the passwords that are checked at one time; each takes 19 MiB.
	hashesAtOnce = 2
)

// Service answers the actions of web pages, and remembers the guests that it made. It may be used by any goroutine.
type Service struct {
	options Options
	sealing cipher.AEAD
	guests  *guests
	running *running
	counts  counters

	// sources and accounts hold actions to a rate, mails what is sent to one address.
	sources         *transport.SourceLimiter
	accounts, mails *limits
	hashing         chan struct{}
	complaints      rate.Sometimes // one line a second
}

// New makes a Service. It starts nothing.
func New(options Options) (*Service, error) {
	sealing, err := newSealing(options.Key)
	if err != nil {
		return nil, fmt.Errorf("click-to-call: %w", err)
	}
	return &Service{
		options: options.withDefaults(), sealing: sealing, guests: newGuests(), running: newRunning(),
		sources:  transport.NewSourceLimiter(actionsPerSecond, actionsAtOnce, maxLimiters),
		accounts: newLimits(2*time.Second, 20), mails: newLimits(time.Hour, 3),
		hashing:    make(chan struct{}, hashesAtOnce),
		complaints: rate.Sometimes{Interval: time.Second},
	}, nil
}

// Authorize gives the guest with a token, for the handshake of a WebSocket; ok is false if there is none.
func (s *Service) Authorize(token string) (guest Guest, ok bool) {
	return s.guests.byToken(token, s.options.Now())
}

// MayConnect tells whether a page of another web site may open a WebSocket: with the token of a guest who came
// from there.
func (s *Service) MayConnect(origin, token string) bool {
	guest, ok := s.Authorize(token)
	return ok && guest.Origin == origin
}

// ServeHTTP answers actions, which are POSTed as JSON to any path, and the link of a mail that activates an account.
// A page of any origin may ask: nothing here follows from a cookie.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Set("Cache-Control", "no-store")
	if strings.HasPrefix(r.URL.Path, linkPath) && r.Method != http.MethodOptions {
		s.serveLink(w, r)
		return
	}
	switch r.Method {
	case http.MethodOptions:
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		header.Set("Access-Control-Max-Age", "600")
	case http.MethodPost:
		s.serveAction(w, r)
	default:
		header.Set("Allow", "OPTIONS, POST")
		http.Error(w, "only actions are served here", http.StatusMethodNotAllowed)
	}
}

// serveAction answers one action. What it comes to is the HTTP status; the body says it in words where it failed.
func (s *Service) serveAction(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	name, status, result, err := s.act(ctx, w, r)
	if err != nil {
		var refused refusal
		if !errors.As(err, &refused) {
			s.options.Logger.Error("click-to-call", "action", name, "error", err)
			refused = refusal{status: Failed, words: "Internal Error"}
		}
		status, result = refused.status, answer{Words: refused.words}
	}
	result.Action = strings.Replace(name, "req_", "resp_", 1)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status))
	_ = json.NewEncoder(w).Encode(result) // a client that went away is nobody's fault
}

// act reads an action and does it. name is empty as long as it is not known.
func (s *Service) act(ctx context.Context, w http.ResponseWriter, r *http.Request) (
	name string, status Status, result answer, err error,
) {
	if !s.sources.Allow(source(r), s.options.Now()) {
		s.counts.limited.Add(1)
		return "", 0, answer{}, refuse(Busy, "Too many requests")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return "", 0, answer{}, refuse(BadValue, "Content must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return "", 0, answer{}, refuse(BadValue, "Content is too long")
	}
	asked, err := parseFields(body)
	if err != nil {
		return "", 0, answer{}, err
	}
	name, err = asked.text("action")
	if err != nil {
		return "", 0, answer{}, err
	}
	name = strings.ToLower(name)
	do, ok := s.action(name)
	if !ok {
		return "", 0, answer{}, refuse(BadField, "Invalid action type")
	}
	status, result, err = do(ctx, asked, r)
	return name, status, result, err
}

// doing is what an action does.
type doing func(ctx context.Context, asked fields, r *http.Request) (Status, answer, error)

// action gives what an action does. All but those for buttons want accounts.
func (s *Service) action(name string) (doing, bool) {
	if name == "req_call" {
		return s.call, true
	}
	kept := s.options.Store
	if kept == nil {
		return func(context.Context, fields, *http.Request) (Status, answer, error) {
			return 0, answer{}, refuse(Failed, "There are no accounts here")
		}, strings.HasPrefix(name, "req_account_")
	}
	do, ok := map[string]doing{
		"req_account_add":               s.addAccount,
		"req_account_activate":          s.activate,
		"req_account_signin":            s.signIn,
		"req_account_info":              s.owned(s.info),
		"req_account_sip_add":           s.owned(s.addAddress),
		"req_account_sip_delete":        s.owned(deleting("Failed to find SIP address", kept.DeleteAddress)),
		"req_account_sip_caller_add":    s.owned(s.addCaller),
		"req_account_sip_caller_delete": s.owned(deleting("Failed to find SIP caller account", kept.DeleteCaller)),
		"req_account_origin_add":        s.owned(s.addOrigin),
		"req_account_origin_delete":     s.owned(deleting("Failed to find origin", kept.DeleteOrigin)),
	}[name]
	return do, ok
}

// notFound makes a refusal of what the store says where there is nothing, and leaves other errors.
func notFound(err error, words string) error {
	switch {
	case errors.Is(err, store.ErrNone):
		return refuse(NotThere, words)
	case errors.Is(err, store.ErrFull):
		return refuse(BadValue, words)
	default:
		return err
	}
}
