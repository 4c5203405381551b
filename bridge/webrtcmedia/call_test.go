package webrtcmedia

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func write(session *Session) func(*rtp.Packet) {
	sender := session.Sender(transcode.Audio)
	return func(packet *rtp.Packet) { _ = sender.WriteRTP(packet) }
}

// bothWays checks that audio of a payload type passes in both directions.
func bothWays(t *testing.T, session *Session, l *leg, b *browser, payloadType uint8, step uint32) {
	t.Helper()
	stopBrowser := b.talk(payloadType, step)
	stopUs := talk(t, write(session), payloadType, step)
	eventually(t, "audio from the browser", func() bool { return l.heard(payloadType) > 20 })
	eventually(t, "audio to the browser", func() bool { return b.heard(payloadType) > 20 })
	stopBrowser()
	stopUs()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.audio {
		if payload := l.audio[i].Payload; len(payload) != 5 || payload[0] != l.audio[i].PayloadType {
			t.Fatalf("the payload was not passed as it came: %v", payload)
		}
	}
}

func TestAudioBothWays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, codec string
		payloadType uint8
		step        uint32
		engine      EngineOptions
	}{
		{"opus on a shared port", "opus", 111, 960, EngineOptions{}},
		{"PCMU on a shared port", "PCMU", 0, 160, EngineOptions{}},
		{"PCMA in a port range", "PCMA", 8, 160, EngineOptions{FirstPort: 41000, LastPort: 41999}},
		{"G722 on a shared port", "G722", 9, 160, EngineOptions{}},
		{"opus with ICE-lite", "opus", 111, 960, EngineOptions{ICELite: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			session, l := newSession(t, newEngine(t, test.engine), Options{})
			b := newBrowser(t, browserCodecs())
			call(t, session, b, test.codec)
			bothWays(t, session, l, b, test.payloadType, test.step)
			stats := session.Stats().Audio
			if stats.Received < 20 || stats.Sent < 20 || stats.Lost != 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}

// TestAllAddresses listens as the default does, on every address of the machine.
func TestAllAddresses(t *testing.T) {
	t.Parallel()
	engine, err := New(EngineOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	loopback := false
	for _, address := range engine.Addresses() {
		loopback = loopback || address.Addr().IsLoopback()
	}
	if !loopback {
		t.Errorf("no loopback address among %v", engine.Addresses())
	}
	session, l := newSession(t, engine, Options{})
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
}

func proposal(direction bridge.Direction) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Audio, Direction: direction, Formats: audioCodecs(),
	}}}
}

func TestInboundCall(t *testing.T) {
	t.Parallel()
	for _, lite := range []bool{false, true} {
		session, l := newSession(t, newEngine(t, EngineOptions{ICELite: lite}), Options{})
		b := newBrowser(t, browserCodecs())
		offer, err := session.Offer(proposal(bridge.SendRecv))
		must(t, err)
		again, err := session.Offer(proposal(bridge.SendRecv))
		must(t, err)
		if !bytes.Equal(offer, again) {
			t.Errorf("an unchanged offer changed:\n%s\n%s", offer, again)
		}
		agreed, err := session.SetAnswer([]byte(b.answer(offer)))
		must(t, err)
		media, ok := agreed.First(transcode.Audio)
		if !ok || media.Formats[0].PayloadType != 111 || len(media.Formats) != 4 {
			t.Errorf("agreed on %+v", agreed)
		}
		bothWays(t, session, l, b, 111, 960)
		bothWays(t, session, l, b, 0, 160) // codecs may change from packet to packet
	}
}

// TestNarrowAnswer has the browser answer with less than it was offered, and send the rest all the same, as Chromium
// does.
func TestNarrowAnswer(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer, err := session.Offer(proposal(bridge.SendRecv))
	must(t, err)
	formats := regexp.MustCompile(`(?m)^(m=audio \d+ \S+) .*\r$`)
	narrow := formats.ReplaceAllString(without(b.answer(offer), "a=rtpmap:111", "a=fmtp:111"), "$1 0 126\r")
	agreed, err := session.SetAnswer([]byte(narrow))
	must(t, err)
	media, _ := agreed.First(transcode.Audio)
	if len(media.Formats) != 1 || media.Formats[0].PayloadType != 0 || len(media.Unlisted) != 3 {
		t.Errorf("agreed on %+v", media)
	}
	bothWays(t, session, l, b, 0, 160)
	defer b.talk(111, 960)()
	eventually(t, "what is not in the answer", func() bool { return l.heard(111) > 0 })
}

// TestBareAnswer has the browser answer with nothing that can be missing.
func TestBareAnswer(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer, err := session.Offer(proposal(bridge.SendRecv))
	must(t, err)
	answer := without(b.answer(offer), "a=mid", "a=group", "a=ssrc", "a=msid", "a=candidate")
	_, err = session.SetAnswer([]byte(answer))
	must(t, err)
	bothWays(t, session, l, b, 111, 960)
}

// without drops the lines with these beginnings.
func without(text string, beginnings ...string) string {
	kept := strings.Builder{}
	for line := range strings.Lines(text) {
		drop := false
		for _, beginning := range beginnings {
			drop = drop || strings.HasPrefix(line, beginning)
		}
		if !drop {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func TestOfferWithoutCandidates(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	reoffer(t, session, b, without(b.offer(nil), "a=candidate"), "opus")
	bothWays(t, session, l, b, 111, 960)
}

func TestTwoSessionsOnOnePort(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	first, firstLeg := newSession(t, engine, Options{})
	second, secondLeg := newSession(t, engine, Options{})
	one, other := newBrowser(t, browserCodecs()), newBrowser(t, browserCodecs())
	call(t, first, one, "opus")
	call(t, second, other, "PCMU")
	stop := one.talk(111, 960)
	defer stop()
	bothWays(t, second, secondLeg, other, 0, 160)
	bothWays(t, first, firstLeg, one, 111, 960)
	if firstLeg.heard(0) != 0 || secondLeg.heard(111) != 0 {
		t.Error("one session heard the other")
	}
}

func TestAdvertise(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	session, l := newSession(t, engine, Options{Advertise: []netip.Addr{netip.MustParseAddr("203.0.113.9")}})
	b := newBrowser(t, browserCodecs())
	answer := call(t, session, b, "opus")
	if !strings.Contains(attribute(answer, "candidate"), " 203.0.113.9 ") ||
		!bytes.Contains(answer, []byte("c=IN IP4 203.0.113.9\r\n")) {
		t.Errorf("answer\n%s", answer)
	}
	bothWays(t, session, l, b, 111, 960)
}
