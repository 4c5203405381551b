package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/test/e2e/sipp"
)

// reflector is a line that knows nothing but sound: it keeps what it hears, and sends it back.
type reflector struct {
	conn *net.UDPConn

	mu   sync.Mutex
	kept []byte // guarded by mu; A-law
}

func newReflector(t *testing.T) *reflector {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	r := &reflector{conn: conn}
	var running sync.WaitGroup
	running.Go(r.run)
	t.Cleanup(func() {
		_ = conn.Close()
		running.Wait()
	})
	return r
}

func (r *reflector) run() {
	buffer := make([]byte, 1500)
	for {
		n, from, err := r.conn.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		var packet rtp.Packet
		if packet.Unmarshal(buffer[:n]) != nil || packet.PayloadType != 8 {
			continue
		}
		r.mu.Lock()
		r.kept = append(r.kept, packet.Payload...)
		r.mu.Unlock()
		packet.SSRC ^= 1 // a source of its own
		if back, err := packet.Marshal(); err == nil {
			_, _ = r.conn.WriteToUDP(back, from)
		}
	}
}

// keys is what multimon-ng, which knows nothing of us, hears in the sound.
func (r *reflector) keys(t *testing.T) string {
	t.Helper()
	alaw, raw := filepath.Join(t.TempDir(), "sound.al"), filepath.Join(t.TempDir(), "sound.raw")
	r.mu.Lock()
	kept := append([]byte(nil), r.kept...)
	r.mu.Unlock()
	must(t, os.WriteFile(alaw, kept, 0o600))
	ffmpeg := exec.CommandContext(t.Context(), "ffmpeg", "-loglevel", "error", "-f", "alaw", "-ar", "8000", "-i", alaw,
		"-ar", "22050", "-f", "s16le", raw)
	if out, err := ffmpeg.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "multimon-ng", "-q", "-a", "DTMF", "-t", "raw", raw).CombinedOutput()
	if err != nil {
		t.Fatalf("multimon-ng (Debian package multimon-ng): %v: %s", err, out)
	}
	var keys strings.Builder
	for _, found := range regexp.MustCompile(`DTMF: (\S)`).FindAllStringSubmatch(string(out), -1) {
		keys.WriteString(found[1])
	}
	return keys.String()
}

// tones: to a trunk that knows nothing but sound keys go as tones, and its tones are keys for the page; both once.
func (w *trunkWorld) tones(t *testing.T) {
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "prefer", "audio/opus", false)) // takes keys by INFO alone, of which it can tell
	must(t, p.Call(nil, "call", "sip:79@localhost"))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "dtmf", allKeys, "info", 100))
	mustBeTold(t, p)
	if keys := w.line.keys(t); keys != allKeys {
		t.Errorf("multimon-ng hears %q", keys)
	}
	must(t, p.Call(nil, "hangup"))
	must(t, w.toned.Wait(limit))
	mustBeTold(t, p) // and no key twice
	invite, err := w.toned.WaitMessage("INVITE ", limit)
	must(t, err)
	if strings.Contains(invite, "telephone-event") {
		t.Errorf("the trunk is offered telephone-event: %s", invite)
	}
}

// runLine starts a sipp whose sound is a reflector.
func runLine(t *testing.T) (*reflector, *scripted) {
	t.Helper()
	line := newReflector(t)
	at := line.conn.LocalAddr().(*net.UDPAddr) //nolint:errcheck // ListenUDP gives a UDPAddr
	media := sipp.Media{Port: at.Port, Codec: "PCMA", NoEvents: true}
	return line, runScript(t, nil, sipp.Options{Steps: []sipp.Step{sipp.Answer(media), sipp.AwaitBye()}})
}
