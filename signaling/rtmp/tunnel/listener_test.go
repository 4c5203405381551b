package tunnel_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/signaling/rtmp/tunnel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// client speaks RTMPT to a Listener.
type client struct {
	t        *testing.T
	listener *tunnel.Listener
	web      *httptest.Server
}

func newClient(t *testing.T, options tunnel.Options) *client {
	t.Helper()
	c := &client{t: t, listener: tunnel.NewListener(options)}
	mux := http.NewServeMux()
	for _, path := range tunnel.Paths() {
		mux.Handle(path, c.listener)
	}
	c.web = httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := c.listener.Close(); err != nil {
			t.Error(err)
		}
		c.web.CloseClientConnections()
		c.web.Close()
	})
	return c
}

// post sends a request, and gives the status and the body of the answer.
func (c *client) post(path, body string) (status int, answer string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.web.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-fcs")
	return c.do(request)
}

func (c *client) do(request *http.Request) (status int, answer string) {
	c.t.Helper()
	response, err := c.web.Client().Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// open opens a session, and gives its name and its end here.
func (c *client) open() (id string, conn net.Conn) {
	c.t.Helper()
	status, answer := c.post("/open/1", "\x00")
	id, newLine := strings.CutSuffix(answer, "\n")
	if status != 200 || !newLine || len(id) < 20 {
		c.t.Fatalf("open is answered %d %q", status, answer)
	}
	conn, err := c.listener.Accept()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	return id, conn
}

// mustBe wants a status and a body.
func (c *client) mustBe(path, body string, status int, answer string) {
	c.t.Helper()
	gotStatus, got := c.post(path, body)
	if gotStatus != status || status == 200 && got != answer {
		c.t.Errorf("%s is answered %d %q, not %d %q", path, gotStatus, got, status, answer)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	c.mustBe("/fcs/ident2", "\x00", 404, "")
	id, conn := c.open()
	for _, address := range []net.Addr{conn.RemoteAddr(), conn.LocalAddr()} {
		if !strings.HasPrefix(address.String(), "127.0.0.1:") {
			t.Errorf("one end is %v", address)
		}
	}
	c.mustBe("/send/"+id+"/1", "hello", 200, "\x01")
	read := make([]byte, 3)
	for _, want := range []string{"hel", "lo"} {
		if n, err := conn.Read(read); err != nil || string(read[:n]) != want {
			t.Errorf("read %q, %v", read[:n], err)
		}
	}
	for _, text := range []string{"one ", "two"} {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	c.mustBe("/idle/"+id+"/2", "\x00", 200, "\x01one two")
	c.mustBe("/idle/"+id+"/2", "\x00", 200, "\x01one two") // the answer was lost on its way
	c.mustBe("/send/"+id+"/1", "again", 400, "")
	c.mustBe("/idle/"+id+"/3", "\x00", 200, "\x01")
	c.mustBe("/close/"+id+"/4", "\x00", 200, "\x00")
	if _, err := conn.Read(read); !errors.Is(err, io.EOF) {
		t.Errorf("read after the end: %v", err)
	}
	if _, err := conn.Write(read); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after the end: %v", err)
	}
	c.mustBe("/idle/"+id+"/5", "\x00", 404, "")
}

// TestServerEnds lets the client have what was said last.
func TestServerEnds(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	id, conn := c.open()
	if _, err := io.WriteString(conn, "goodbye"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Close(), conn.Close()); err != nil {
		t.Error(err)
	}
	c.mustBe("/idle/"+id+"/1", "\x00", 200, "\x01goodbye")
	c.mustBe("/idle/"+id+"/2", "\x00", 404, "")
	other, conn := c.open()
	_ = conn.Close()
	c.mustBe("/send/"+other+"/1", "x", 404, "")
}

func TestIntervalGrows(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	id, conn := c.open()
	longest := byte(0)
	for number := range 150 {
		status, answer := c.post("/send/"+id+"/"+strconv.Itoa(number+1), "")
		if status != 200 || len(answer) != 1 || answer[0] < longest {
			t.Fatalf("request %d is answered %d %q", number, status, answer)
		}
		longest = answer[0]
	}
	if longest != 0x21 {
		t.Errorf("the longest interval is %#x", longest)
	}
	if _, err := io.WriteString(conn, "x"); err != nil {
		t.Fatal(err)
	}
	c.mustBe("/idle/"+id+"/1000", "\x00", 200, "\x01x")
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	_, conn := c.open()
	for name, set := range map[string]func(time.Time) error{"both": conn.SetDeadline, "read": conn.SetReadDeadline} {
		if err := set(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: read ends with %v", name, err)
		}
	}
	if err := conn.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 10 { // nobody asks for it
		if _, err = conn.Write(make([]byte, 60<<10)); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write ends with %v", err)
	}
	// A deadline that moves while somebody waits counts.
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	}()
	if err := conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read ends with %v", err)
	}
}

// TestSessionsOfANetwork: an IPv6 network of 64 bits has no more sessions than an address.
func TestSessionsOfANetwork(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{MaxPerAddress: 2})
	for _, test := range []struct {
		from string
		want int
	}{
		{"[2001:db8::1]:1", 200}, {"[2001:db8::2:0:0:2]:1", 200}, {"[2001:db8::3]:1", 503}, {"[2001:db8:0:1::1]:1", 200},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/open/1", strings.NewReader("\x00"))
		request.Header.Set("Content-Type", "application/x-fcs")
		request.RemoteAddr = test.from
		answer := httptest.NewRecorder()
		c.listener.ServeHTTP(answer, request)
		if answer.Code != test.want {
			t.Errorf("%s is answered %d, want %d", test.from, answer.Code, test.want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{MaxPerAddress: 2, IdleTimeout: 2 * time.Second})
	id, conn := c.open()
	c.open()
	c.mustBe("/open/1", "\x00", 503, "")
	c.mustBe("/send/"+id+"/1", strings.Repeat("x", 129<<10), 413, "")
	for _, path := range []string{
		"/send/nobody/1", "/send/" + id, "/send/" + id + "/x", "/send/" + id + "/-1", "/idle/" + id + "/1/2", "/open/1/2",
	} {
		c.mustBe(path, "\x00", 404, "")
	}
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = http.MethodGet },
		func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, // what a page of another site can send
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.web.URL+"/open/1", bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-fcs")
		change(request)
		if status, _ := c.do(request); status != 400 {
			t.Errorf("%s %v is answered %d", request.Method, request.Header, status)
		}
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) { // nothing is heard of it
		t.Errorf("read ends with %v", err)
	}
	c.mustBe("/idle/"+id+"/9", "\x00", 404, "")
	deadline, status := time.Now().Add(patience), 503
	for status != 200 && time.Now().Before(deadline) {
		status, _ = c.post("/open/1", "\x00")
	}
	if status != 200 {
		t.Errorf("there is no room again: %d", status)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	_, conn := c.open()
	if err := c.listener.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read ends with %v", err)
	}
	if _, err := c.listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept ends with %v", err)
	}
	c.mustBe("/open/1", "\x00", 503, "")
}

// TestNobodyAccepts refuses sessions that nobody takes.
func TestNobodyAccepts(t *testing.T) {
	t.Parallel()
	c := newClient(t, tunnel.Options{})
	refused := 0
	for range 20 {
		if status, _ := c.post("/open/1", "\x00"); status == 503 {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d are refused", refused)
	}
}
