package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/tone"
	"sipbridge/transcode/ogg"
)

const (
	welcomeHz = 1300 // what callers hear before it rings
	sorryHz   = 1700 // and when nobody is there
)

// TestAnnouncedAndRecorded: a page hears an announcement, talks to a phone, and both are in the recording, each on its
// side. Who is not there is told by voice, to pages and phones, before the status comes.
func TestAnnouncedAndRecorded(t *testing.T) {
	t.Parallel()
	const caller = 60 // pages have those before
	dir := t.TempDir()
	welcome, sorry := filepath.Join(dir, "welcome.wav"), filepath.Join(dir, "sorry.opus")
	calls := filepath.Join(dir, "calls")
	must(t, tone.WriteWAV(welcome, 16000, tone.Sine(welcomeHz, 16000, 1)))
	writeOpus(t, sorry, tone.Sine(sorryHz, 8000, 1))
	w := newWorld(t, browser.Chromium, service.Options{
		Routes: []map[string]any{{
			"from": "users", "match": "^sip:recorded@localhost", "to": "user:" + userName(caller),
			"announce": welcome, "record": true, "record_format": "ogg",
		}},
		Announcements: []map[string]any{{"file": sorry}, {"statuses": []int{486}, "file": welcome}},
		Settings:      map[string]map[string]any{"recording": {"folder": calls, "least_free": 1}},
	})
	phone := newPhone(t, baresip.Options{
		User: userName(caller), Password: password(caller), Domain: "localhost", Registrar: w.service.SIP, Codec: "PCMU",
		Manual: true,
	})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", "sip:recorded@localhost"))
	mustHear(t, p, welcomeHz)
	_, err := phone.WaitEvent(baresip.Incoming, 1, limit)
	must(t, err)
	must(t, phone.Answer())
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	awaitSound(t, calls, 2*time.Second)
	must(t, phone.Hangup())
	mustBe(t, p, "ended")
	checkRecording(t, awaitRecording(t, calls))

	must(t, p.Call(nil, "call", "sip:nobody@localhost"))
	mustHear(t, p, sorryHz)
	mustBe(t, p, "ended")
	must(t, phone.Dial("sip:nobody@localhost"))
	mustHear(t, phone, sorryHz)
	_, err = phone.WaitEvent(baresip.Closed, 2, limit)
	must(t, err)
	w.mustNotPanic(t)
}

// writeOpus lets ffmpeg make a file of Opus in Ogg of sound at 8 kHz.
func writeOpus(t *testing.T, file string, samples []int16) {
	t.Helper()
	plain := filepath.Join(t.TempDir(), "plain.wav")
	must(t, tone.WriteWAV(plain, 8000, samples))
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", plain,
		"-c:a", "libopus", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
}

// awaitSound waits until so much can be heard of the call that is being recorded.
func awaitSound(t *testing.T, folder string, length time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		parts, err := filepath.Glob(filepath.Join(folder, "*.part"))
		must(t, err)
		for _, part := range parts {
			raw, err := os.ReadFile(part)
			must(t, err)
			sound, err := ogg.Read(bytes.NewReader(raw), time.Minute)
			if err == nil && sound.Length() > length {
				return
			}
		}
	}
	t.Fatal("nothing is recorded")
}

// awaitRecording waits for the one file.
func awaitRecording(t *testing.T, folder string) string {
	t.Helper()
	form := regexp.MustCompile(`^\d{8}-\d{6}\.\d{3}_[A-Z2-7]+\.opus$`)
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		files, err := os.ReadDir(folder)
		must(t, err)
		if len(files) == 1 && form.MatchString(files[0].Name()) {
			return filepath.Join(folder, files[0].Name())
		}
	}
	t.Fatal("there is no recording")
	return ""
}

// checkRecording lets ffmpeg read the file: the page left, the phone right, neither on the other side.
func checkRecording(t *testing.T, file string) {
	t.Helper()
	const rate = 16000
	for _, side := range []struct {
		channel      string
		hears, other float64
	}{{"FL", pageHz, phoneHz}, {"FR", phoneHz, pageHz}} {
		mono := filepath.Join(t.TempDir(), "mono.wav")
		out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", file,
			"-af", "pan=mono|c0="+side.channel, "-ar", "16000", mono).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Fatalf("ffmpeg: %v: %s", err, out)
		}
		_, samples, err := tone.ReadWAV(mono)
		must(t, err)
		if len(samples) < 2*rate {
			t.Fatalf("%s: %d samples of more than 2 s", side.channel, len(samples))
		}
		last := samples[len(samples)-rate : len(samples)-rate/5] // both speak; they hang up one after the other
		if share := tone.Share(last, rate, side.hears); share < 0.8 {
			t.Errorf("%s: %.2f of the sound is its party's tone", side.channel, share)
		}
		if share := tone.Share(last, rate, side.other); share > 0.02 {
			t.Errorf("%s: %.2f of the sound is the other's tone", side.channel, share)
		}
	}
}
