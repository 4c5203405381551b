package rtmptest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// tunnelled is a connection through HTTP, as Flash makes it: what is written goes at once, and what there is to be read
// comes with each answer.
type tunnelled struct {
	web  *http.Transport
	base string
	id   string
	// over ends a request that is under way when the connection is closed.
	over context.Context //nolint:containedctx // the connection has no other methods than those of its interface
	stop context.CancelFunc

	// mu is held while a request is under way: there is one at a time.
	mu     sync.Mutex
	number int
	in     bytes.Buffer
}

// dialTunnel opens a session at a web server.
func dialTunnel(ctx context.Context, address string) (*tunnelled, error) {
	t := &tunnelled{web: &http.Transport{}, base: "http://" + address + "/"}
	t.over, t.stop = context.WithCancel(context.WithoutCancel(ctx))
	answer, err := t.post("open/1", nil)
	if err != nil {
		return nil, err
	}
	t.id = strings.TrimSpace(string(answer))
	return t, nil
}

func (t *tunnelled) post(path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(t.over, http.MethodPost, t.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-fcs")
	response, err := t.web.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = io.EOF // the session is over
	}
	return answer, err
}

// ask sends a request of the session. The caller holds mu.
func (t *tunnelled) ask(what string, body []byte) error {
	t.number++
	answer, err := t.post(fmt.Sprintf("%s/%s/%d", what, t.id, t.number), body)
	if err != nil {
		return err
	}
	t.in.Write(answer[min(1, len(answer)):]) // the first byte is how long to wait, which tests don't
	return nil
}

func (t *tunnelled) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.in.Len() == 0 {
		if err := t.ask("idle", []byte{0}); err != nil {
			return 0, err
		}
		t.mu.Unlock() // for who wants to write
		t.mu.Lock()
	}
	return t.in.Read(p)
}

func (t *tunnelled) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ask("send", p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (t *tunnelled) Close() error {
	t.stop()
	t.web.CloseIdleConnections()
	return nil
}
