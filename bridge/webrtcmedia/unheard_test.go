package webrtcmedia

import (
	"fmt"
	"testing"
	"time"

	"sipbridge/bridge/quality"
)

// TestSentences has browsers that are not heard for each cause that a leg can see, and holds what is told of each,
// whether the browser called or was called.
func TestSentences(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	for _, test := range []struct {
		name string
		// play does what goes wrong once the two are connected, and gives the reason in words.
		play func(t *testing.T, session *Session, b *browser) (came quality.Stats, reason string)
	}{
		{"never", func(_ *testing.T, session *Session, _ *browser) (quality.Stats, string) {
			return session.Stats().Audio, "no packet ever came from %s"
		}},
		{"stopped", func(t *testing.T, session *Session, b *browser) (quality.Stats, string) {
			t.Helper()
			stop := b.talk(111, 960)
			eventually(t, "sound", func() bool { return session.Stats().Audio.Received > 0 })
			stop()
			came := session.Stats().Audio
			return came.Since(came), "nothing has come from %s since " + came.Heard.UTC().Format("15:04:05 UTC")
		}},
		{"wrong payload type", func(t *testing.T, session *Session, b *browser) (quality.Stats, string) {
			t.Helper()
			stop := b.talk(99, 960)
			eventually(t, "the count", func() bool { return session.Stats().Audio.WrongPayloadType > 0 })
			stop()
			return session.Stats().Audio, "%s sends payload type 99, which was not agreed"
		}},
		{"other keys", func(t *testing.T, session *Session, _ *browser) (quality.Stats, string) {
			t.Helper()
			forged := append([]byte{0x80, 111, 0, 1}, make([]byte, 60)...)
			session.peer.Load().receive(forged, time.Now())
			return session.Stats().Audio, "none of 1 packets from %s could be decrypted"
		}},
	} {
		session, l := newSession(t, engine, Options{})
		b := newBrowser(t, browserCodecs())
		call(t, session, b, "opus")
		stop := talk(t, write(session), 111, 960) // what the browser hears shows that the two are connected
		eventually(t, "the connection", func() bool { return b.heard(111) > 0 })
		stop()
		came, reason := test.play(t, session, b)
		for from, to := range map[string]string{"caller": "callee", "callee": "caller"} {
			way := quality.Way{From: from, To: to, Came: came}
			if want := to + " does not hear " + from + ": " + fmt.Sprintf(reason, from); way.Sentence() != want {
				t.Errorf("%s: %q, want %q (losses: %d)", test.name, way.Sentence(), want, l.losses())
			}
		}
	}
}
