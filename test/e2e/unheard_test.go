package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestUnheard: a phone without a sound calls one of the same codec, whose packets come from another address than it
// says, as behind a router with two ways out. The log, /calls, /metrics and the story name both faults, and which side
// has which.
func TestUnheard(t *testing.T) {
	t.Parallel()
	running, err := service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), Users: map[string]string{userName(0): password(0)},
		Settings: map[string]map[string]any{"admin": {"calls": true}},
	})
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	caller := newPhone(t, baresip.Options{
		User: userName(0), Password: password(0), Domain: "localhost", Registrar: running.SIP, Codec: "PCMU", Silent: true,
	})
	ear, media := newEar(t)
	ear.Mute(true)
	called := runScript(t, ear, sipp.Options{Steps: answerUntilBye(media)})
	must(t, caller.Dial(called.number()))
	invite, err := called.WaitMessage("INVITE ", limit)
	must(t, err)
	from := playFrom(t, "127.0.0.3", sipp.AudioPort(invite))
	for _, sentence := range []string{
		"caller does not hear callee: packets come from " + from + ", which is not where callee said it would send from",
		"callee does not hear caller: caller has sent nothing but silence (muted, or no microphone)",
	} {
		awaitText(t, sentence, func() string { return running.Log() })
		awaitText(t, sentence, func() string { return unheardNow(t, running) })
	}
	must(t, caller.Hangup())
	must(t, called.Wait(limit))
	awaitText(t, `unheard="callee does not hear caller: caller has sent nothing but silence`, running.Log)
	numbers, err := running.Metrics()
	must(t, err)
	for _, reason := range []string{"silence", "wrong_source"} {
		if name := fmt.Sprintf(`sipbridge_calls_unheard_total{reason=%q}`, reason); numbers[name] != 1 {
			t.Errorf("%s is %v", name, numbers[name])
		}
	}
}

// playFrom sends PCMU to a port of the bridge from a host of its own, and gives the address it sends from.
func playFrom(t *testing.T, host string, port int) string {
	t.Helper()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)}, to)
	must(t, err)
	ticker, done := time.NewTicker(20*time.Millisecond), make(chan struct{})
	go func() {
		defer close(done)
		packet := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 4711}, Payload: make([]byte, 160)}
		for range ticker.C {
			packet.SequenceNumber++
			packet.Timestamp += 160
			if datagram, err := packet.Marshal(); err != nil || write(conn, datagram) != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
		ticker.Stop()
	})
	return conn.LocalAddr().String()
}

func write(conn *net.UDPConn, datagram []byte) error {
	_, err := conn.Write(datagram)
	return err
}

// unheardNow is what /calls.json says of the one call.
func unheardNow(t *testing.T, running *service.Service) string {
	t.Helper()
	_, body, err := running.Get("/calls.json")
	must(t, err)
	var calls []struct{ Unheard string }
	if err := json.Unmarshal([]byte(body), &calls); err != nil || len(calls) != 1 {
		t.Fatalf("%v: calls are %s", err, body)
	}
	return calls[0].Unheard
}

// awaitText waits until a text has a part.
func awaitText(t *testing.T, part string, text func() string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !strings.Contains(text(), part); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in %s", part, text())
		}
	}
}
