package rtpengine

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"sipbridge/test/load/message"
)

// browser is one connection. Any goroutine may write.
type browser struct {
	socket *websocket.Conn

	mu sync.Mutex // held while a message is written
}

func (b *browser) write(m *message.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.socket.WriteMessage(websocket.TextMessage, m.Bytes()) // who reads finds out that it is gone
}

// upgrade takes a connection and reads it until it ends.
func (g *Gateway) upgrade(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"sip"}}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	if !g.keep(socket) {
		return
	}
	g.serving.Go(func() { g.read(&browser{socket: socket}) }) //nolint:contextcheck // it ends with Stop
}

// keep notes a connection to be closed at the end; it closes it at once if that is now.
func (g *Gateway) keep(socket *websocket.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx.Err() != nil {
		_ = socket.Close()
		return false
	}
	g.connections[socket] = struct{}{}
	return true
}

func (g *Gateway) closeConnections() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for socket := range g.connections {
		_ = socket.Close() // nothing is waited for
	}
}

func (g *Gateway) read(from *browser) {
	defer func() { _ = from.socket.Close() }()
	for {
		_, text, err := from.socket.ReadMessage()
		if err != nil {
			return
		}
		if request, err := message.Parse(text); err == nil && request.Status() == 0 {
			g.serve(from, request)
		}
	}
}

// serve answers everybody, and proves nobody.
func (g *Gateway) serve(from *browser, request *message.Message) {
	switch request.Method() {
	case "ACK":
	case "INVITE":
		g.serving.Go(func() { from.write(g.invite(request)) })
	case "BYE":
		g.serving.Go(func() {
			g.hangup(request)
			from.write(request.Reply(200, "OK", "gateway"))
		})
	default:
		from.write(request.Reply(200, "OK", "gateway").Add("Contact", request.Get("Contact")))
	}
}
