package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// strictServer is a SIP server as few are, for what a page can meet behind a bridge: it challenges REGISTER with
// SHA-256 among others, wants long registrations, names a Service-Route, and forgets publications.
type strictServer struct {
	upgrader websocket.Upgrader

	mu       sync.Mutex
	conns    []*websocket.Conn // guarded by mu
	requests []string          // guarded by mu; all that came
	forgot   bool              // guarded by mu; whether a publication was forgotten already

	deaf atomic.Bool // whether no REGISTER is answered
}

const (
	strictRealm = "strict.test"
	strictNonce = "0123456789"
)

func startStrictServer(t *testing.T) (server *strictServer, ws string) {
	t.Helper()
	server = &strictServer{}
	fromAnywhere := func(*http.Request) bool { return true }
	server.upgrader = websocket.Upgrader{Subprotocols: []string{"sip"}, CheckOrigin: fromAnywhere}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	t.Cleanup(server.drop)
	return server, "ws" + strings.TrimPrefix(listening.URL, "http")
}

func (s *strictServer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	conn, err := s.upgrader.Upgrade(w, request, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		for _, answer := range s.answer(string(message)) {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(answer)) // a page that is gone is no matter
		}
	}
}

// drop closes all connections.
func (s *strictServer) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
}

// sent gives the requests of a method that came so far.
func (s *strictServer) sent(method string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, request := range s.requests {
		if strings.HasPrefix(request, method+" ") {
			found = append(found, request)
		}
	}
	return found
}

func headerOf(message, name string) string {
	found := regexp.MustCompile(`(?mi)^` + name + `: *([^\r]*)\r$`).FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	return found[1]
}

func reply(request, status string, headers ...string) string {
	lines := []string{"SIP/2.0 " + status}
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq"} {
		lines = append(lines, name+": "+headerOf(request, name))
	}
	to := headerOf(request, "To")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=strict"
	}
	lines = append(append(lines, "To: "+to), headers...)
	return strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n")
}

func (s *strictServer) answer(message string) []string {
	s.mu.Lock()
	s.requests = append(s.requests, message)
	s.mu.Unlock()
	method, _, _ := strings.Cut(message, " ")
	switch method {
	case "REGISTER":
		if s.deaf.Load() {
			return nil
		}
		return []string{register(message)}
	case "PUBLISH":
		return []string{s.publish(message)}
	case "SUBSCRIBE":
		return subscribe(message)
	case "MESSAGE":
		return []string{reply(message, "200 OK"), text(message)}
	default:
		return nil // responses
	}
}

func register(message string) string {
	contact := headerOf(message, "Contact")
	switch {
	case !strings.Contains(message, "algorithm=SHA-256"):
		challenge := fmt.Sprintf(`WWW-Authenticate: Digest realm="%s", nonce="%s", qop="auth"`, strictRealm, strictNonce)
		return reply(message, "401 Unauthorized",
			challenge+", algorithm=SHA-512-256", challenge+", algorithm=SHA-256", challenge+", algorithm=MD5")
	case !proves(message):
		return reply(message, "403 Forbidden")
	case strings.Contains(contact, ";expires=200"):
		return reply(message, "423 Interval Too Brief", "Min-Expires: 3600")
	default:
		return reply(message, "200 OK", "Contact: "+contact, "Service-Route: <sip:home.strict.test;lr>")
	}
}

// proves tells whether the digest is that of the password "secret".
func proves(message string) bool {
	given := headerOf(message, "Authorization")
	part := func(name string) string {
		found := regexp.MustCompile(`\b` + name + `="?([^",]+)`).FindStringSubmatch(given)
		if found == nil {
			return ""
		}
		return found[1]
	}
	hash := func(parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	user := hash(part("username"), strictRealm, "secret")
	request := hash("REGISTER", part("uri"))
	return part("response") == hash(user, strictNonce, part("nc"), part("cnonce"), "auth", request)
}

// publish lets publications live for two seconds, and forgets the first of them.
func (s *strictServer) publish(message string) string {
	tag := headerOf(message, "SIP-If-Match")
	s.mu.Lock()
	defer s.mu.Unlock()
	if tag == "first" && !s.forgot {
		s.forgot = true
		return reply(message, "412 Conditional Request Failed")
	}
	next := "first"
	if s.forgot {
		next = "second"
	}
	return reply(message, "200 OK", "SIP-ETag: "+next, "Expires: 2")
}

// subscribe notifies before it answers, and ends the subscription at once.
func subscribe(message string) []string {
	notify := func(number int, state string) string {
		contact := regexp.MustCompile(`<([^>]+)>`).FindStringSubmatch(headerOf(message, "Contact"))
		return strings.Join([]string{
			"NOTIFY " + contact[1] + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/WS strict.test;branch=z9hG4bK%d", number),
			"From: " + headerOf(message, "To") + ";tag=strict", "To: " + headerOf(message, "From"),
			"Call-ID: " + headerOf(message, "Call-ID"), fmt.Sprintf("CSeq: %d NOTIFY", number),
			"Event: presence", "Subscription-State: " + state, "Content-Length: 0", "", "",
		}, "\r\n")
	}
	answer := reply(message, "200 OK", "Contact: <sip:strict.test;transport=ws>", "Expires: 600")
	return []string{notify(1, "active"), answer, notify(2, "terminated;reason=noresource")}
}

// text sends back what came, in a text frame, whose letters a page counts in another way than SIP.
func text(message string) string {
	_, body, _ := strings.Cut(message, "\r\n\r\n")
	from := regexp.MustCompile(`<([^>]+)>`).FindStringSubmatch(headerOf(message, "From"))
	return strings.Join([]string{
		"MESSAGE " + from[1] + " SIP/2.0", "Via: SIP/2.0/WS strict.test;branch=z9hG4bKtext",
		`From: "Somebody Else" <sip:else@strict.test>;tag=else`, "To: <" + from[1] + ">",
		"Call-ID: else", "CSeq: 1 MESSAGE", "Content-Type: text/plain;charset=utf-8",
		fmt.Sprintf("Content-Length: %d", len(body)), "", body,
	}, "\r\n")
}

// TestSIPmlAtAStrictServer: ours does what servers may ask for and sipML5 could not.
func TestSIPmlAtAStrictServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	server, ws := startStrictServer(t)
	p, account := w.openPage(t, ours(w))
	must(t, p.Call(nil, "configure", map[string]any{
		"reconnect": false, "enable_early_ims": false, "enable_click2call": true, "display_name": "Ann",
		"outbound_proxy_url": "udp://192.0.2.1:5060",
	}, nil))
	account.WS, account.URI, account.Domain, account.Password = ws, "sip:ann@strict.test", "strict.test", "secret"
	account.User, account.Breaker = "ann", true
	must(t, p.Register(account))
	mustBeginWith(t, server, "REGISTER",
		"\r\nRoute: <sip:192.0.2.1:5060;lr;sipml5-outbound;transport=udp>\r\n", `nonce="",uri="sip:strict.test",response=""`,
		`Contact: "Ann" <sip:ann@`, ";rtcweb-breaker=yes;transport=ws>;expires=200;click2call=yes")
	if registers := server.sent("REGISTER"); len(registers) != 3 || !strings.Contains(registers[2], ";expires=3600;") {
		t.Errorf("registers by\n%s", strings.Join(registers, "\n"))
	}

	const fish = "Pêche 🐟"
	must(t, p.Call(nil, "say", "sip:else@strict.test", fish))
	must(t, p.WaitEvent(limit, "message", 1))
	mustBeginWith(t, server, "MESSAGE", "\r\nRoute: <sip:home.strict.test;lr>\r\n")
	story, err := p.Story()
	must(t, err)
	for _, event := range story {
		if event.Type == "message" && event.Detail != fish {
			t.Errorf("the page reads %v", event.Detail)
		}
	}

	must(t, p.Call(nil, "watch", "sip:else@strict.test", "presence", "application/pidf+xml"))
	must(t, p.WaitEvent(limit, "watched terminated", 1))
	must(t, p.WaitEvent(limit, "watched i_notify", 2))

	must(t, p.Call(nil, "publish", "<presence/>"))
	must(t, p.WaitEvent(limit, "published i_ao_request", 2))
	publications := server.sent("PUBLISH")
	if len(publications) < 3 || !strings.HasSuffix(publications[2], "<presence/>") {
		t.Errorf("publishes by\n%s", strings.Join(publications, "\n"))
	}
	must(t, p.Call(nil, "unpublish"))
	must(t, p.WaitEvent(limit, "published terminated", 1))

	must(t, p.Call(nil, "hearNamed", []string{"failed_to_stop"}))
	server.deaf.Store(true)
	must(t, p.Call(nil, "stop", 300))
	must(t, p.WaitEvent(limit, "named failed_to_stop", 1))
	must(t, p.WaitEvent(limit, "stack stopped", 2))
	server.deaf.Store(false)
	must(t, p.Register(account))
	server.drop()
	must(t, p.WaitEvent(limit, "stack stopped", 3))
}

// mustBeginWith expects all this in the first request of a method.
func mustBeginWith(t *testing.T, server *strictServer, method string, parts ...string) {
	t.Helper()
	requests := server.sent(method)
	if len(requests) == 0 {
		t.Fatalf("no %s", method)
	}
	for _, part := range parts {
		if !strings.Contains(requests[0], part) {
			t.Errorf("no %q in\n%s", part, requests[0])
		}
	}
}
