package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// relay is the least SIP server that lets two pages call each other: it believes every REGISTER, and passes
// everything else on between its WebSockets. It holds no state but who is where; a response finds its way back by
// the connection's number in the Via that the relay put on top.
type relay struct {
	upgrader websocket.Upgrader

	mu       sync.Mutex
	conns    []*websocket.Conn // guarded by mu, which also serialises writes
	contacts map[string]string // guarded by mu; contact URI by user
	places   map[string]int    // guarded by mu; connection by contact URI
}

var (
	uriPattern    = regexp.MustCompile(`sip:([^@;>]+)@[^>;\s]+`)
	viaPattern    = regexp.MustCompile(`(?m)^Via: SIP/2\.0/WS relay\.invalid;branch=z9hG4bK\.(\d+)\.[^\r]*\r\n`)
	branchPattern = regexp.MustCompile(`(?m)^Via: .*branch=z9hG4bK([^;\r]+)`)
	headerPattern = regexp.MustCompile(`(?mi)^(Via|From|To|Call-ID|CSeq|Contact): *([^\r]*)\r\n`)
)

func startRelay(t *testing.T) (ws string) {
	t.Helper()
	r := &relay{contacts: map[string]string{}, places: map[string]int{}}
	r.upgrader = websocket.Upgrader{Subprotocols: []string{"sip"}, CheckOrigin: func(*http.Request) bool { return true }}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	conn, err := r.upgrader.Upgrade(w, request, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	r.mu.Lock()
	r.conns = append(r.conns, conn)
	place := len(r.conns) - 1
	r.mu.Unlock()
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		r.pass(place, string(message))
	}
}

func (r *relay) pass(from int, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line, rest, _ := strings.Cut(message, "\r\n")
	switch {
	case strings.HasPrefix(line, "SIP/2.0"):
		via := viaPattern.FindStringSubmatch(rest)
		if via == nil {
			return
		}
		to, err := strconv.Atoi(via[1])
		if err == nil {
			r.write(to, line+"\r\n"+strings.Replace(rest, via[0], "", 1))
		}
	case strings.HasPrefix(line, "REGISTER"):
		r.write(from, r.register(from, rest))
	default:
		r.request(from, line, rest)
	}
}

func (r *relay) request(from int, line, rest string) {
	parts := strings.Fields(line)
	target := uriPattern.FindStringSubmatch(parts[1])
	if target == nil {
		return
	}
	uri := target[0]
	if contact, isUser := r.contacts[target[1]]; isUser {
		uri = contact
		parts[1] = contact + ";transport=ws"
	}
	to, known := r.places[uri]
	if !known {
		return
	}
	branch := branchPattern.FindStringSubmatch(rest)
	via := fmt.Sprintf("Via: SIP/2.0/WS relay.invalid;branch=z9hG4bK.%d.%s\r\n", from, branch[1])
	r.write(to, strings.Join(parts, " ")+"\r\n"+via+rest)
}

func (r *relay) register(from int, rest string) string {
	var response strings.Builder
	response.WriteString("SIP/2.0 200 OK\r\n")
	user := ""
	for _, header := range headerPattern.FindAllStringSubmatch(rest, -1) {
		value := header[2]
		switch strings.ToLower(header[1]) {
		case "to":
			user = uriPattern.FindStringSubmatch(value)[1]
			value += ";tag=relay"
		case "contact":
			contact := uriPattern.FindStringSubmatch(value)[0]
			r.contacts[user], r.places[contact] = contact, from
			if !strings.Contains(value, "expires=") {
				value += ";expires=600"
			}
		}
		fmt.Fprintf(&response, "%s: %s\r\n", header[1], value)
	}
	response.WriteString("Content-Length: 0\r\n\r\n")
	return response.String()
}

func (r *relay) write(to int, message string) {
	_ = r.conns[to].WriteMessage(websocket.TextMessage, []byte(message)) // a page that is gone is no matter
}
