package e2e

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// mailbox is a mail server that keeps what it is given.
type mailbox struct{ mails chan string }

// openMailbox starts one, and gives its address.
func openMailbox(t *testing.T) (box *mailbox, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	box = &mailbox{mails: make(chan string, 10)}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close() // the server may not have begun
		<-served
	})
	return box, listener.Addr().String()
}

// NewSession makes the mailbox an smtp.Backend.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return delivery{m}, nil }

// delivery is one connection of who brings mails.
type delivery struct{ box *mailbox }

func (delivery) Reset()                               {}
func (delivery) Logout() error                        { return nil }
func (delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (d delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	// Soft line breaks of quoted-printable are nothing.
	d.box.mails <- string(bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("=\r\n"), nil), []byte("=3D"), []byte("=")))
	return err
}

// next gives the path of the link and the password in the next mail.
func (m *mailbox) next(t *testing.T) (link, password string) {
	t.Helper()
	select {
	case text := <-m.mails:
		parts := regexp.MustCompile(`(?s)https://sip\.example\.com(/c2c/a/\S+).*password then is: (\S+)`)
		found := parts.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the mail has no link or password:\n%s", text)
		}
		return found[1], found[2]
	case <-time.After(limit):
		t.Fatal("no mail came")
		return "", ""
	}
}

// TestAccountPage: the owner of a web site makes an account on the page, says who may be called from his site, and
// takes the button's code from there; what he has taken away may not be called any more.
func TestAccountPage(t *testing.T) {
	t.Parallel()
	box, mail := openMailbox(t)
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{"click_to_call": {
		"database": filepath.Join(t.TempDir(), "accounts.db"), "secret": strings.Repeat("x", 32),
		"url":  "https://sip.example.com",
		"mail": map[string]string{"server": mail, "from": "c2c@example.com", "security": "none"},
	}}})
	opened, err := w.browser.OpenWith(w.service.HTTP+"/account/", "axe")
	must(t, err)
	p := &webPhone{T: t, Page: opened}
	mustHaveNoBarriers(t, opened, "signed out")
	p.enter("name", `Ann "A"`)
	p.enter("new-email", "ann@mail.example")
	p.press("Mail me a password")
	p.mustShow("said", "on its way to ann@mail.example")
	link, secret := box.next(t)
	signIn := func(password string) {
		p.enter("email", "ann@mail.example")
		p.enter("password", password)
		p.press("Sign in")
	}
	signIn(secret)
	p.mustShow("said", "the link in the mail was not opened yet")
	answer, err := http.Post(w.service.HTTP+link, "", nil)
	must(t, err)
	must(t, answer.Body.Close())
	signIn("wrong")
	p.mustShow("said", "is wrong")
	signIn(secret)
	must(t, p.Call(nil, "wait", "account", "state", []string{"in"}, limit.Milliseconds()))

	p.enter("address", "user00@elsewhere.example")
	p.press("Add address")
	p.mustShow("said", "cannot be called from here")
	p.enter("address", "user00@localhost")
	p.press("Add address")
	p.mustShow("addresses", "sip:user00@localhost")
	p.enter("origin", "https://Shop.example/cart")
	p.press("Add web site")
	p.mustShow("origins", "https://shop.example")
	p.mustShow("code", `<script src="`+w.service.HTTP+
		`/c2c.js" data-to="ann@mail.example" data-text="Call Ann &#34;A&#34;"></script>`)
	mustHaveNoBarriers(t, opened, "signed in")
	p.picture(t, "account")
	mustBeAllowed := func(want int) {
		t.Helper()
		if status, _ := w.askForCall(t, "https://shop.example", "ann@mail.example"); status != want {
			t.Errorf("a call from the web site is answered %d", status)
		}
	}
	mustBeAllowed(http.StatusOK)
	p.press("Remove https://shop.example")
	must(t, p.Call(nil, "waitText", "origins", "", limit.Milliseconds()))
	mustBeAllowed(http.StatusForbidden)
	must(t, opened.Resize(360, 740, "dark"))
	mustHaveNoBarriers(t, opened, "dark")
	p.press("Sign out")
	must(t, p.Call(nil, "wait", "account", "state", []string{"out"}, limit.Milliseconds()))
	var kept string
	if must(t, p.Call(&kept, "kept")); strings.Contains(kept, secret) || strings.Contains(kept, "ann@") {
		t.Errorf("the browser keeps %s", kept)
	}
}
