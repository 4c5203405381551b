package caller

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/icholy/digest"
	"go.uber.org/goleak"

	"sipbridge/test/load/message"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a registrar and a called party at the other end of the WebSocket. It challenges each request once.
type server struct {
	http *httptest.Server

	mu       sync.Mutex
	requests []*message.Message // guarded by mu
}

func newServer(t *testing.T, password string) *server {
	t.Helper()
	s := &server{}
	upgrader := websocket.Upgrader{Subprotocols: []string{"sip"}}
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil || socket.Subprotocol() != "sip" {
			t.Errorf("upgrade to %q: %v", socket.Subprotocol(), err)
			return
		}
		defer func() { _ = socket.Close() }()
		for {
			_, text, err := socket.ReadMessage()
			if err != nil {
				return
			}
			request, err := message.Parse(text)
			if err != nil {
				t.Errorf("request: %v", err)
				return
			}
			for _, reply := range s.answer(request, password) {
				_ = socket.WriteMessage(websocket.TextMessage, reply.Bytes())
			}
		}
	}))
	t.Cleanup(s.http.Close)
	return s
}

func (s *server) answer(request *message.Message, password string) []*message.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
	switch request.Method() {
	case "ACK":
		return nil
	case "BYE":
		return []*message.Message{request.Reply(200, "OK", "")}
	}
	challenge := &digest.Challenge{Realm: "localhost", Nonce: "n", Algorithm: "MD5", QOP: []string{"auth"}}
	credentials, err := digest.ParseCredentials(request.Get("Authorization"))
	if err != nil {
		return []*message.Message{request.Reply(401, "Unauthorized", "s").Add("WWW-Authenticate", challenge.String())}
	}
	expected, err := digest.Digest(challenge, digest.Options{
		Method: request.Method(), URI: request.URI(), Count: credentials.Nc,
		Username: "load0", Password: password, Cnonce: credentials.Cnonce,
	})
	if err != nil || expected.Response != credentials.Response {
		return []*message.Message{request.Reply(403, "Forbidden", "s")}
	}
	ok := request.Reply(200, "OK", "s").Add("Contact", "<sip:bridge;transport=ws>").
		Add("Record-Route", "<sip:first;lr>").Add("Record-Route", "<sip:second;lr>")
	ok.Body = "answer to " + request.Body
	return []*message.Message{request.Reply(180, "Ringing", "s"), ok}
}

// seen waits for a request of the method, counted from 1.
func (s *server) seen(ctx context.Context, method string, number int) *message.Message {
	for ctx.Err() == nil {
		if request := s.find(method, number); request != nil {
			return request
		}
		time.Sleep(time.Millisecond)
	}
	return &message.Message{}
}

func (s *server) find(method string, number int) *message.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		if request.Method() == method {
			if number--; number == 0 {
				return request
			}
		}
	}
	return nil
}

func dial(ctx context.Context, t *testing.T, s *server) *Caller {
	t.Helper()
	c, err := Dial(ctx, Options{
		URL: "ws" + strings.TrimPrefix(s.http.URL, "http"), Origin: s.http.URL,
		User: "load0", Domain: "localhost", Password: "secret",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestCallerPlacesACall(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := newServer(t, "secret")
	c := dial(ctx, t, s)
	if err := c.Register(ctx); err != nil {
		t.Fatal(err)
	}
	invited, err := c.Invite(ctx, "sip:call0@localhost", "offer")
	if err != nil {
		t.Fatal(err)
	}
	if invited.Answer != "answer to offer" || !invited.Answered.After(invited.Wrote) {
		t.Errorf("got %+v", invited)
	}
	first, second := s.seen(ctx, "INVITE", 1), s.seen(ctx, "INVITE", 2)
	if first.Branch() == second.Branch() || first.Get("Call-ID") != second.Get("Call-ID") {
		t.Errorf("the second attempt is no new transaction of the same call:\n%s\n%s", first.Bytes(), second.Bytes())
	}
	if ack := s.seen(ctx, "ACK", 1); ack.Branch() != first.Branch() {
		t.Errorf("the ACK of the refusal has the branch %q, not %q", ack.Branch(), first.Branch())
	}
	ack := s.seen(ctx, "ACK", 2)
	routes := strings.Join(ack.All("Route"), ",")
	if ack.URI() != "sip:bridge;transport=ws" || routes != "<sip:second;lr>,<sip:first;lr>" ||
		strings.Fields(ack.Get("CSeq"))[0] != strings.Fields(second.Get("CSeq"))[0] {
		t.Errorf("ACK:\n%s", ack.Bytes())
	}
	if err := c.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if bye := s.seen(ctx, "BYE", 1); message.Parameter(bye.Get("To"), "tag") != "s" {
		t.Errorf("BYE:\n%s", bye.Bytes())
	}
}

func TestCallerTellsRefusal(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := dial(ctx, t, newServer(t, "another"))
	if err := c.Register(ctx); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Errorf("there is no call to hang up: %v", err)
	}
}

func TestCallerTellsThatTheConnectionIsGone(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := newServer(t, "secret")
	c := dial(ctx, t, s)
	c.Close()
	if err := c.Register(ctx); !errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}
