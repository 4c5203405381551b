package e2e

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestBadInput throws what is wrong at every door while a call is up: the call goes on, the service lives, and
// the log does not flood.
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{
		TLS: withCertificate(t), Settings: map[string]map[string]any{"log": {"level": "info"}},
	})
	p, phone := w.talkingToScript(t, jsSIP, answerUntilBye)
	logged, started := len(w.service.Log()), time.Now()
	messages := tortures(t)
	for name, throw := range map[string]func(*testing.T, *world, *scripted, [][]byte){
		"SIP over UDP":       throwUDP,
		"SIP over TCP":       throwTCP,
		"SIP over TLS":       throwTLS,
		"SIP over WebSocket": throwWebSocket,
		"RTP":                throwRTP,
	} {
		t.Run(name, func(t *testing.T) {
			throw(t, w, phone, messages)
			mustTalk(t, p, phone)
			status, _, err := w.service.Get("/healthz")
			if err != nil || status != http.StatusOK {
				t.Fatalf("/healthz is %d, %v", status, err)
			}
		})
	}
	metrics, err := w.service.Metrics()
	must(t, err)
	for _, counter := range []string{"sip_malformed", "rtp_malformed", "rtp_wrong_source"} {
		t.Logf("%s %v", counter, metrics["sipbridge_"+counter+"_total"])
	}
	if metrics["sipbridge_sip_malformed_total"] == 0 {
		t.Error("nothing was counted as malformed")
	}
	// At most a line a second from each of the five doors; calls that were valid are another matter.
	grown := w.service.Log()[logged:]
	if lines := strings.Count(grown, "malformed"); lines > 5*(int(time.Since(started).Seconds())+1) {
		t.Errorf("%d lines were logged:\n%s", lines, grown)
	}
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// tortures are the messages of RFC 4475 and RFC 5118, and some noise.
func tortures(t *testing.T) [][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "torture", "*.dat"))
	if err != nil || len(names) < 50 {
		t.Fatalf("%d torture messages, %v", len(names), err)
	}
	messages := [][]byte{{}, {0}, []byte("\r\n\r\n"), []byte("INVITE"), []byte("SIP/2.0 200\r\n\r\n")}
	for _, name := range names {
		content, err := os.ReadFile(name)
		must(t, err)
		messages = append(messages, content)
	}
	noise := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		message := make([]byte, noise.IntN(1400))
		for i := range message {
			message[i] = byte(noise.Uint32())
		}
		messages = append(messages, message)
	}
	return messages
}

func throwUDP(t *testing.T, w *world, _ *scripted, messages [][]byte) {
	t.Helper()
	conn := dialService(t, "udp", w.service.SIP)
	for _, message := range messages {
		_, err := conn.Write(message)
		must(t, err)
	}
	mustAnswerOptions(t, conn, "UDP")
}

func throwTCP(t *testing.T, w *world, _ *scripted, messages [][]byte) {
	t.Helper()
	for _, message := range messages {
		conn := dialService(t, "tcp", w.service.SIP)
		_, err := conn.Write(message)
		must(t, err)
		must(t, conn.Close())
	}
	mustAnswerOptions(t, dialService(t, "tcp", w.service.SIP), "TCP")
}

func throwTLS(t *testing.T, w *world, _ *scripted, messages [][]byte) {
	t.Helper()
	dial := func() net.Conn {
		dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
		conn, err := dialer.DialContext(t.Context(), "tcp", w.service.SIPS)
		must(t, err)
		return conn
	}
	for _, message := range messages {
		conn := dial()
		_, err := conn.Write(message)
		must(t, err)
		must(t, conn.Close())
	}
	last := dial()
	t.Cleanup(func() { _ = last.Close() })
	mustAnswerOptions(t, last, "TLS")
}

func throwWebSocket(t *testing.T, w *world, _ *scripted, messages [][]byte) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"sip"}, HandshakeTimeout: limit}
	for number, message := range messages {
		conn, response, err := dialer.Dial(w.service.WS, http.Header{"Origin": {w.pages.Origin}})
		must(t, err)
		must(t, response.Body.Close())
		kind := websocket.TextMessage
		if number%2 == 0 {
			kind = websocket.BinaryMessage
		}
		must(t, conn.WriteMessage(kind, message))
		must(t, conn.Close())
	}
	strange := http.Header{"Origin": {"http://evil.example"}}
	if _, response, err := dialer.Dial(w.service.WS, strange); err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("a strange origin was let in: %v, %v", response, err)
	}
}

// throwRTP sends noise to every RTP port of the phone's leg, from a stranger's port.
func throwRTP(t *testing.T, _ *world, phone *scripted, messages [][]byte) {
	t.Helper()
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	for offset := range 2 { // RTP and RTCP
		conn := dialService(t, "udp", fmt.Sprintf("127.0.0.1:%d", sipp.AudioPort(invite)+offset))
		for range 5 {
			for _, message := range messages {
				_, _ = conn.Write(message) // refused by the kernel if the bridge keeps the port closed to us
			}
		}
	}
}

func dialService(t *testing.T, network, address string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout(network, address, limit)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// mustAnswerOptions expects that this door still answers a well-formed request.
func mustAnswerOptions(t *testing.T, conn net.Conn, transport string) {
	t.Helper()
	_, err := fmt.Fprintf(conn, "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bKstill;rport\r\n"+
		"From: <sip:test@localhost>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: still-there\r\nCSeq: 1 OPTIONS\r\n"+
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n", transport, conn.LocalAddr())
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(limit)))
	answers := ""
	buffer := make([]byte, 65536)
	for {
		length, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("OPTIONS is not answered: %v; answers before were %q", err, answers)
		}
		answers += string(buffer[:length])
		if containsAnswer(answers) {
			return
		}
	}
}

// containsAnswer looks for a final response to the OPTIONS among the answers to what was thrown before.
func containsAnswer(answers string) bool {
	for message := range strings.SplitSeq(answers, "SIP/2.0 ") {
		if strings.Contains(message, "still-there") && !strings.HasPrefix(message, "1") {
			return true
		}
	}
	return false
}
