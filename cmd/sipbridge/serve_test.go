package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// patience is generous: two cores may be shared with a linter.
const patience = 20 * time.Second

// running is a service under test and what it printed first.
type running struct {
	banner []string
	stop   context.CancelFunc
	status <-chan int
}

// start runs "serve" with a configuration on free ports and waits for its banner.
func start(t *testing.T, config string, environ ...string) *running {
	t.Helper()
	defer goleakIgnoringHTTP(t)
	return launch(t, config, environ...)
}

// launch is start for a service that talks to a server of the test, whose goroutines are not its own.
func launch(t *testing.T, config string, environ ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"serve", "--config", configFile(t, config)}, environ, writer, writer)
		_ = writer.Close()
	}()
	r := &running{stop: stop, status: status}
	lines := make(chan string, 5)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			default: // only the banner is read; the log flows on
			}
		}
	}()
	for range 5 {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the service ended after %q", r.banner)
			}
			r.banner = append(r.banner, line)
		case <-time.After(patience):
			t.Fatalf("no banner, only %q", r.banner)
		}
	}
	t.Cleanup(func() { r.end(t) })
	return r
}

func goleakIgnoringHTTP(t *testing.T) {
	t.Helper()
	current := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t, current)
	})
}

// end stops the service as SIGTERM does; it must go in peace.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case status := <-r.status:
		if status != exitFine {
			t.Errorf("exit status %d", status)
		}
	case <-time.After(patience):
		t.Error("the service does not end")
	}
}

// page is the address in the banner.
func (r *running) page(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`https?://\S+/`).FindString(r.banner[0])
	if found == "" {
		t.Fatalf("no page in %q", r.banner)
	}
	return found
}

// flash is the address of the Flash phones in the banner, by its scheme.
func (r *running) flash(t *testing.T, scheme string) string {
	t.Helper()
	found := regexp.MustCompile(` ` + scheme + `://([0-9.:]+)/`).FindStringSubmatch(strings.Join(r.banner, " "))
	if found == nil {
		t.Fatalf("no address for Flash phones in %q", r.banner)
	}
	return found[1]
}

const onFreePorts = `
listen: {http: "127.0.0.1:0", https: "%s", sip_udp: "127.0.0.1:0", sip_tcp: "127.0.0.1:0", public: %t}
media: {webrtc_ports: %s, rtp_ports: 31000-31999}
users: [{name: alice, password: secret}]
`

// selfSigned takes the certificate that is made at each start.
func selfSigned() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true}
}

func TestServeSaysWhatToOpenAndIsWell(t *testing.T) {
	r := start(t, fmt.Sprintf(onFreePorts, "", false, "31000-31999"), "SIPBRIDGE_MEDIA_RTP_PORTS=32000-32999")
	page := r.page(t)
	if !strings.HasPrefix(page, "http://localhost:") {
		t.Errorf("page %s", page)
	}
	for path, want := range map[string]string{
		"healthz": "ok", "readyz": "ready", "metrics": "sipbridge_calls_active 0", "": "<title>",
	} {
		body := get(t, http.DefaultClient, page+path)
		if !strings.Contains(body, want) {
			t.Errorf("/%s has no %q: %.200q", path, want, body)
		}
	}
}

// TestMetricsShowWhatStrangersDo holds that what is dropped at the doors can be seen.
func TestMetricsShowWhatStrangersDo(t *testing.T) {
	r := start(t, fmt.Sprintf(onFreePorts, "", false, "31000-31999"), "SIPBRIDGE_MEDIA_RTP_PORTS=32000-32999")
	page := r.page(t)
	get(t, http.DefaultClient, page+"ws") // no handshake
	metrics := get(t, http.DefaultClient, page+"metrics")
	for _, want := range []string{
		`sipbridge_websocket_refused_total{reason="other"} 1`, `sipbridge_websocket_dropped_total{reason="rate"} 0`,
		`sipbridge_udp_dropped_total{reason="junk"} 0`, `sipbridge_tcp_dropped_total{reason="silent"} 0`,
		"sipbridge_tcp_accept_errors_total 0", `sipbridge_credentials_refused_total{reason="guessing"} 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestPublicListenerIsSecure opens the service to the network: the link is https with a certificate made at the
// start, SIP goes over WSS, and /metrics stays on the listener of this machine.
func TestPublicListenerIsSecure(t *testing.T) {
	r := start(t, fmt.Sprintf(onFreePorts, "", true, "33000-33999"), "SIPBRIDGE_LISTEN_HTTPS=127.0.0.1:0")
	page := r.page(t)
	if !strings.HasPrefix(page, "https://") {
		t.Fatalf("page %s", page)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: selfSigned(), DisableKeepAlives: true}}
	if body := get(t, client, page+"metrics"); strings.Contains(body, "sipbridge_calls_active") {
		t.Error("strangers can read /metrics")
	}
	dialer := websocket.Dialer{TLSClientConfig: selfSigned(), Subprotocols: []string{"sip"}, HandshakeTimeout: patience}
	connection, response, err := dialer.DialContext(t.Context(), strings.Replace(page, "https", "wss", 1)+"ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_ = response.Body.Close()
	options := "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
		"From: <sip:alice@localhost>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
	if err = connection.WriteMessage(websocket.TextMessage, []byte(options)); err != nil {
		t.Fatal(err)
	}
	_, answer, err := connection.ReadMessage()
	if err != nil || !strings.HasPrefix(string(answer), "SIP/2.0 200") {
		t.Errorf("answer %q, error %v", answer, err)
	}
}
