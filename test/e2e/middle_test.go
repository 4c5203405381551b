package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"sipbridge/test/e2e/service"
)

// heading is where a datagram goes.
type heading int

const (
	toService heading = iota
	toBrowser
)

// middle is a network between browsers and the service that loses what it is told to: the WebSocket passes it,
// and the addresses in the SDP of the service are changed so that the media pass it, too.
type middle struct {
	*testing.T

	address  string // of its WebSocket, host:port
	lose     func(heading, []byte) bool
	upgrader websocket.Upgrader
	service  string // the URL of SIP over WebSocket
	socket   *net.UDPConn

	mu      sync.Mutex
	media   *net.UDPAddr            // guarded by mu; of the service, once it has named it
	flows   map[string]*net.UDPConn // guarded by mu; toward the service, by the browser's address
	running sync.WaitGroup
}

// newMiddle puts a network before the service; lose tells which datagrams vanish.
func newMiddle(t *testing.T, s *service.Service, lose func(heading, []byte) bool) *middle {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	m := &middle{T: t, lose: lose, service: s.WS, socket: socket, flows: map[string]*net.UDPConn{}}
	m.upgrader = websocket.Upgrader{Subprotocols: []string{"sip"}, CheckOrigin: func(*http.Request) bool { return true }}
	server := httptest.NewServer(m)
	m.address = strings.TrimPrefix(server.URL, "http://")
	m.running.Go(m.passMedia)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		_ = socket.Close()
		m.mu.Lock()
		for _, flow := range m.flows {
			_ = flow.Close()
		}
		m.mu.Unlock()
		m.running.Wait()
	})
	return m
}

// ServeHTTP passes one WebSocket on.
func (m *middle) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	browser, err := m.upgrader.Upgrade(w, request, nil)
	if err != nil {
		return
	}
	dialer := websocket.Dialer{Subprotocols: []string{"sip"}}
	header := http.Header{"Origin": {strings.Replace(strings.TrimSuffix(m.service, "/ws"), "ws", "http", 1)}}
	upstream, response, err := dialer.DialContext(request.Context(), m.service, header)
	if err != nil {
		m.Errorf("the service refuses the WebSocket: %v", err)
		_ = browser.Close()
		return
	}
	_ = response.Body.Close()
	m.running.Go(func() { m.passMessages(browser, upstream, withoutAddresses) })
	m.running.Go(func() { m.passMessages(upstream, browser, m.ownAddresses) })
}

// passMessages passes on until one of the two is gone; then the other goes, too.
func (m *middle) passMessages(from, to *websocket.Conn, change func([]byte) []byte) {
	defer func() { _, _ = from.Close(), to.Close() }()
	for {
		kind, message, err := from.ReadMessage()
		if err != nil || to.WriteMessage(kind, change(message)) != nil {
			return
		}
	}
}

var candidatePattern = regexp.MustCompile(`(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( typ host)`)

// ownAddresses puts the address of the network in the place of the service's. Content-Length would be wrong then: it is
// left out, as RFC 7118 allows.
func (m *middle) ownAddresses(message []byte) []byte {
	found := candidatePattern.FindSubmatch(message)
	if found == nil {
		return message
	}
	media, err := net.ResolveUDPAddr("udp", net.JoinHostPort(string(found[2]), string(found[3])))
	if err != nil {
		m.Errorf("candidate %s: %v", found[0], err)
		return message
	}
	m.mu.Lock()
	m.media = media
	m.mu.Unlock()
	_, port, err := net.SplitHostPort(m.socket.LocalAddr().String())
	if err != nil {
		m.Error(err)
	}
	own := fmt.Appendf(nil, "${1}127.0.0.1 %s${4}", port)
	return contentLength.ReplaceAll(candidatePattern.ReplaceAll(message, own), nil)
}

// withoutAddresses hides where the browser is: the service would go around this network.
func withoutAddresses(message []byte) []byte {
	if !candidateLine.Match(message) {
		return message
	}
	return contentLength.ReplaceAll(candidateLine.ReplaceAll(message, nil), nil)
}

var candidateLine = regexp.MustCompile(`a=candidate:[^\r]*\r\n`)

var contentLength = regexp.MustCompile(`(?i)content-length: *\d+\r\n`)

// passMedia passes datagrams of browsers on, each browser's from a socket of its own.
func (m *middle) passMedia() {
	buffer := make([]byte, 2048)
	for {
		n, from, err := m.socket.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		if m.lose(toService, buffer[:n]) {
			continue
		}
		if flow := m.flowOf(from); flow != nil {
			_, _ = flow.Write(buffer[:n]) // what a network loses nobody hears of
		}
	}
}

func (m *middle) flowOf(from *net.UDPAddr) *net.UDPConn {
	m.mu.Lock()
	defer m.mu.Unlock()
	if flow := m.flows[from.String()]; flow != nil || m.media == nil {
		return flow
	}
	flow, err := net.DialUDP("udp", nil, m.media)
	if err != nil {
		m.Errorf("no socket toward %v: %v", m.media, err)
		return nil
	}
	m.flows[from.String()] = flow
	m.running.Go(func() { m.passBack(flow, from) })
	return flow
}

func (m *middle) passBack(flow *net.UDPConn, browser *net.UDPAddr) {
	buffer := make([]byte, 2048)
	for {
		n, err := flow.Read(buffer)
		if err != nil {
			return
		}
		if !m.lose(toBrowser, buffer[:n]) {
			_, _ = m.socket.WriteToUDP(buffer[:n], browser)
		}
	}
}

// isMedia tells RTP and RTCP from STUN and DTLS (RFC 7983).
func isMedia(datagram []byte) bool { return datagram[0] >= 128 && datagram[0] <= 191 }

// isKeys tells DTLS from the rest.
func isKeys(datagram []byte) bool { return datagram[0] >= 20 && datagram[0] <= 63 }
