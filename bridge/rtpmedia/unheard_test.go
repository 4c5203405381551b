package rtpmedia

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"sipbridge/bridge/quality"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
	"sipbridge/transcode/g711"
	"sipbridge/transcode/l16"
)

// TestSentences has phones that are not heard for each cause that a leg can see, and holds what is told of each,
// whether the phone called or was called.
func TestSentences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// play does what goes wrong, and gives the reason in words.
		play func(t *testing.T) (came quality.Stats, reason string)
	}{
		{"never", func(t *testing.T) (quality.Stats, string) {
			t.Helper()
			session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
			party.call(session, party.offer())
			return session.Stats().Audio, "no packet ever came from %s"
		}},
		{"stopped", func(t *testing.T) (quality.Stats, string) {
			t.Helper()
			session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
			party.call(session, party.offer())
			party.say(session.audio().address())
			came := awaitStats(t, session, func(s quality.Stats) bool { return s.Received == 1 })
			return came.Since(came), "nothing has come from %s since " + came.Heard.UTC().Format("15:04:05 UTC")
		}},
		{"wrong source", func(t *testing.T) (quality.Stats, string) {
			t.Helper()
			session, party, other := newSession(t, nil), newPhone(t, "127.0.0.1", 1), newPhone(t, "127.0.0.5", 1)
			party.call(session, party.offer())
			other.say(session.audio().address())
			return awaitStats(t, session, func(s quality.Stats) bool { return s.WrongSource == 1 }),
				"packets come from " + other.address().String() + ", which is not where %s said it would send from"
		}},
		{"wrong payload type", func(t *testing.T) (quality.Stats, string) {
			t.Helper()
			session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
			party.call(session, party.offer())
			party.sayAs(session.audio().address(), 18, false, make([]byte, 20))
			return awaitStats(t, session, func(s quality.Stats) bool { return s.WrongPayloadType == 1 }),
				"%s sends payload type 18, which was not agreed"
		}},
		{"other keys", func(t *testing.T) (quality.Stats, string) {
			t.Helper()
			session, party := newSession(t, secured(Optional, false)), newSafePhone(t, srtp.AESCM128SHA180)
			party.call(session, "RTP/SAVP", 1)
			party.rekey(srtp.AESCM128SHA180) // and tells nobody
			party.say(session.audio().address())
			return awaitStats(t, session, func(s quality.Stats) bool { return s.Undecryptable == 1 }),
				"none of 1 packets from %s could be decrypted"
		}},
	} {
		came, reason := test.play(t)
		for from, to := range map[string]string{"caller": "callee", "callee": "caller"} {
			way := quality.Way{From: from, To: to, Came: came}
			if want := to + " does not hear " + from + ": " + fmt.Sprintf(reason, from); way.Sentence() != want {
				t.Errorf("%s: %q, want %q", test.name, way.Sentence(), want)
			}
		}
	}
}

// awaitStats waits until what is counted of a phone's sound is as wanted.
func awaitStats(t *testing.T, session *Session, wanted func(quality.Stats) bool) quality.Stats {
	t.Helper()
	eventually(t, "the count", func() bool { return wanted(session.Stats().Audio) })
	return session.Stats().Audio
}

// TestSentenceOfSilence has a phone that sends eleven seconds of nothing, to parties of its own codec and of another.
func TestSentenceOfSilence(t *testing.T) {
	t.Parallel()
	wide := transcode.Format{Codec: transcode.Codec{Name: "L16", ClockRate: l16.SampleRate}}
	for _, to := range []transcode.Format{wide, pcmu()} {
		t.Run(to.String(), func(t *testing.T) {
			t.Parallel()
			sentenceOfSilence(t, to)
		})
	}
}

func sentenceOfSilence(t *testing.T, to transcode.Format) {
	t.Helper()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	drop := &recorder{}
	pipe, err := transcode.Connect([]transcode.Format{pcmu()}, to, drop,
		transcode.ConnectOptions{MostDelay: -1, NoTimer: true})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	session.Receive(transcode.Audio, pipe)
	silent := make([]byte, 160)
	g711.MuLaw.Encode(make([]int16, 160), silent)
	for range 550 {
		party.sayAs(session.audio().address(), 0, false, bytes.Clone(silent))
		eventually(t, "the packet", func() bool { return session.Stats().Audio.Received == uint64(party.sequence-100) })
	}
	eventually(t, "the last one on its way", func() bool { return pipe.Stats().Out == 550 }) // it is decoded before
	heard := pipe.Stats().Sound
	way := quality.Way{
		From: "caller", To: "callee", Came: session.Stats().Audio, Went: quality.Stats{Sent: 550},
		Decoded: heard.Decoded, Listened: heard.Decoded, Silent: heard.Silent, Decodes: pipe.Decodes(),
	}
	const want = "callee does not hear caller: caller has sent nothing but silence (muted, or no microphone)"
	if way.Sentence() != want || heard.Decoded < 11*time.Second {
		t.Errorf("%q after %v", way.Sentence(), heard.Decoded)
	}
}
