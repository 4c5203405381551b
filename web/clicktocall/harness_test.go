package clicktocall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sipbridge/web/clicktocall/store"
)

const shop = "https://shop.example"

// clock is a clock that the test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a Service with a database, a mail server and a clock.
type world struct {
	*Service

	t     *testing.T
	clock *clock
	mails *mailbox
	// source is whom requests come from, local where they come to; nil for no network.
	source string
	local  net.Addr
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "c2c.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if fault := db.Close(); fault != nil {
			t.Error(fault)
		}
	})
	w := &world{t: t, clock: &clock{now: time.Now()}, mails: newMailbox(t), source: "192.0.2.1:1000"}
	options := Options{
		Store: db, Domain: "example.com", URL: "https://sip.example.com", PasswordTokens: true, Now: w.clock.Now,
		Allowed: func(address string) bool { return strings.HasSuffix(address, "@example.com") },
		Mail:    SMTP{Server: w.mails.address, From: "c2c@example.com", Security: MailPlain},
		Key:     [32]byte{1, 2, 3},
	}
	if change != nil {
		change(&options)
	}
	if w.Service, err = New(options); err != nil {
		t.Fatal(err)
	}
	return w
}

// ask does an action, as a page of an origin, and gives the status and the body.
func (w *world) ask(origin, body string) (int, answer) {
	w.t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/c2c/any/path", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.RemoteAddr = w.source
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	request = request.WithContext(context.WithValue(request.Context(), http.LocalAddrContextKey, w.local))
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, request)
	var got answer
	if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
		w.t.Fatalf("%s is answered with %q: %v", body, recorder.Body, err)
	}
	w.clock.pass(2 * time.Second) // so that no rate counts, but where that is tested
	return recorder.Code, got
}

// with makes the JSON of an action.
func with(action string, members ...any) string {
	object := map[string]any{"action": action}
	for i := 0; i < len(members); i += 2 {
		object[fmt.Sprint(members[i])] = members[i+1]
	}
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// account makes an account that is activated, and gives its password.
func (w *world) account(email string) (password string) {
	w.t.Helper()
	if status, got := w.ask("", with("req_account_add", "name", "Alice", "email", email)); status != 200 {
		w.t.Fatalf("no account: %d %+v", status, got)
	}
	code, password := w.mails.next(w.t)
	status, got := w.ask("", with("req_account_activate", "email", email, "code", code))
	if status != 200 || got.Action != "resp_account_activate" {
		w.t.Fatalf("not activated: %d %+v", status, got)
	}
	return password
}

// mailbox is a mail server.
type mailbox struct {
	address string
	mails   chan string
}

var (
	mailCode     = regexp.MustCompile(`https://sip\.example\.com/c2c/a/[^;]+;([a-z2-7]+)`)
	mailPassword = regexp.MustCompile(`password then is: ([a-z2-7]+)`)
)

// next gives the code and the password of the next mail.
func (m *mailbox) next(t *testing.T) (code, password string) {
	t.Helper()
	select {
	case text := <-m.mails:
		found, word := mailCode.FindStringSubmatch(text), mailPassword.FindStringSubmatch(text)
		if found == nil || word == nil {
			t.Fatalf("the mail has no link or password:\n%s", text)
		}
		return found[1], word[1]
	case <-time.After(10 * time.Second):
		t.Fatal("no mail came")
		return "", ""
	}
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &mailbox{address: listener.Addr().String(), mails: make(chan string, 100)}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // the server may not have begun
		<-served
	})
	return box
}

// NewSession makes the mailbox an smtp.Backend.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return mailSession{m}, nil }

type mailSession struct{ box *mailbox }

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	// Soft line breaks of quoted-printable are nothing.
	s.box.mails <- string(bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("=\r\n"), nil), []byte("=3D"), []byte("=")))
	return err
}
