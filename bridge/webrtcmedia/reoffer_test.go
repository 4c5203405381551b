package webrtcmedia

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// hold is what JsSIP does: it edits the text, and its peer connection stays sendrecv.
func hold(text string, direction bridge.Direction) string {
	return directions.ReplaceAllString(text, "a="+direction.String())
}

var directions = regexp.MustCompile(`a=(sendrecv|sendonly|recvonly|inactive)`)

func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	answer := reoffer(t, session, b, offer, "opus")
	bothWays(t, session, l, b, 111, 960)
	defer b.talk(111, 960)()
	defer talk(t, write(session), 111, 960)()

	for _, held := range []struct {
		browser, us bridge.Direction
	}{{bridge.SendOnly, bridge.RecvOnly}, {bridge.Inactive, bridge.Inactive}, {bridge.RecvOnly, bridge.SendOnly}} {
		description, err := session.SetOffer([]byte(hold(offer, held.browser)))
		must(t, err)
		if description.Media[0].Direction != held.browser {
			t.Errorf("direction %v, want %v", description.Media[0].Direction, held.browser)
		}
		// The call asks for everything; the browser's offer limits it.
		text, err := session.Answer(choose(t, description, "opus"))
		must(t, err)
		if !bytes.Contains(text, []byte("a="+held.us.String()+"\r\n")) {
			t.Errorf("no a=%v in\n%s", held.us, text)
		}
		checkFlow(t, l.forget, func() int { return l.heard(111) }, held.us.Receives(), "from the browser")
		checkFlow(t, b.forget, func() int { return b.heard(111) }, held.us.Sends(), "to the browser")
	}
	description, err := session.SetOffer([]byte(offer))
	must(t, err)
	resumed, err := session.Answer(choose(t, description, "opus"))
	must(t, err)
	if unversioned(resumed) != unversioned(answer) {
		t.Errorf("the answer after resume differs from the first:\n%s\n%s", answer, resumed)
	}
	checkFlow(t, l.forget, func() int { return l.heard(111) }, true, "from the browser")
	checkFlow(t, b.forget, func() int { return b.heard(111) }, true, "to the browser")
}

// checkFlow checks that packets come, or that none do.
func checkFlow(t *testing.T, forget func(), heard func() int, flows bool, what string) {
	t.Helper()
	if flows {
		forget()
		eventually(t, "audio "+what, func() bool { return heard() > 5 })
		return
	}
	// What was under way may still come. Then, in the time of twenty packets, none may.
	eventually(t, "silence "+what, func() bool {
		forget()
		time.Sleep(100 * time.Millisecond) // the window in which nothing may come
		return heard() == 0
	})
}

var originVersion = regexp.MustCompile(`(?m)^(o=- \d+) \d+`)

func unversioned(text []byte) string { return originVersion.ReplaceAllString(string(text), "$1 V") }

func TestRefreshIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	answer := reoffer(t, session, b, offer, "opus")
	for range 3 {
		description, err := session.SetOffer([]byte(offer))
		must(t, err)
		again, err := session.Answer(choose(t, description, "opus"))
		must(t, err)
		if !bytes.Equal(answer, again) {
			t.Fatalf("a refresh changed the answer:\n%s\n%s", answer, again)
		}
	}
	bothWays(t, session, l, b, 111, 960)
}

func TestRenumberedPayloadType(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	reoffer(t, session, b, offer, "opus")
	bothWays(t, session, l, b, 111, 960)
	renumbered := regexp.MustCompile(`\b111\b`).ReplaceAllString(offer, "99")
	description, err := session.SetOffer([]byte(renumbered))
	must(t, err)
	answer, err := session.Answer(choose(t, description, "opus"))
	must(t, err)
	if !bytes.Contains(answer, []byte("a=rtpmap:99 opus/48000/2")) {
		t.Errorf("answer\n%s", answer)
	}
	bothWays(t, session, l, b, 99, 960)
}

// TestVideoAppears adds pictures to a running call, and takes them away by an offer of ours.
func TestVideoAppears(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	reoffer(t, session, b, offer, "opus")
	bothWays(t, session, l, b, 111, 960)
	video := strings.Replace(offer, "BUNDLE 0", "BUNDLE 0 1", 1) +
		"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=sendonly\r\n"
	description, err := session.SetOffer([]byte(video))
	must(t, err)
	if pictures, ok := description.First(transcode.Video); !ok || pictures.Direction != bridge.SendOnly {
		t.Errorf("description %+v", description)
	}
	answer, err := session.Answer(choose(t, description, "opus"))
	must(t, err)
	mustSay(t, answer, "a=group:BUNDLE 0 1", "a=mid:1", "a=recvonly", "a=rtcp-fb:96 nack pli")
	bothWays(t, session, l, b, 111, 960)
	// Our own offer without pictures keeps the section, refused.
	offered, err := session.Offer(proposal(bridge.SendOnly))
	must(t, err)
	mustSay(t, offered, "m=video 0 UDP/TLS/RTP/SAVPF 96", "a=group:BUNDLE 0", "a=setup:actpass")
}

// TestRefusedVideo answers pictures that the call does not want, or that are not in the BUNDLE group.
func TestRefusedVideo(t *testing.T) {
	t.Parallel()
	section := "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
	for _, bundle := range []string{"BUNDLE 0 1", "BUNDLE 0"} {
		session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
		offer := strings.Replace(newBrowser(t, browserCodecs()).offer(nil), "BUNDLE 0", bundle, 1) + section
		description, err := session.SetOffer([]byte(offer))
		must(t, err)
		if _, ok := description.First(transcode.Video); ok != (bundle == "BUNDLE 0 1") {
			t.Errorf("%s: pictures are shown: %t", bundle, ok)
		}
		chosen := choose(t, description, "opus")
		chosen.Media[1].Formats = nil
		answer, err := session.Answer(chosen)
		must(t, err)
		mustSay(t, answer, "m=video 0 UDP/TLS/RTP/SAVPF 96", "a=group:BUNDLE 0")
	}
}

func mustSay(t *testing.T, text []byte, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !bytes.Contains(text, []byte(line+"\r\n")) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
}

// TestOwnReoffer holds and resumes from our side.
func TestOwnReoffer(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, firefoxCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 109, 960)
	for _, direction := range []bridge.Direction{bridge.SendOnly, bridge.Inactive, bridge.SendRecv} {
		offer, err := session.Offer(proposal(direction))
		must(t, err)
		if !bytes.Contains(offer, []byte("a=rtpmap:109 opus/48000/2")) {
			t.Errorf("the payload type changed:\n%s", offer)
		}
		agreed, err := session.SetAnswer([]byte(hold(b.answer([]byte(hold(string(offer), bridge.SendRecv))),
			direction.Mirror())))
		must(t, err)
		if agreed.Media[0].Direction != direction.Mirror() {
			t.Errorf("agreed on %v", agreed.Media[0].Direction)
		}
	}
	bothWays(t, session, l, b, 109, 960)
}

func TestICERestart(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]EngineOptions{
		"shared port": {}, "port range": {FirstPort: 42000, LastPort: 42999}, "lite": {ICELite: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, l := newSession(t, newEngine(t, options), Options{})
			b := newBrowser(t, browserCodecs())
			first := call(t, session, b, "opus")
			bothWays(t, session, l, b, 111, 960)
			before := session.peer.Load()
			offer := b.offer(&webrtc.OfferOptions{ICERestart: true})
			second := reoffer(t, session, b, offer, "opus")
			if attribute(first, "ice-ufrag") == attribute(second, "ice-ufrag") ||
				attribute(first, "ice-pwd") == attribute(second, "ice-pwd") {
				t.Error("the credentials stayed the same")
			}
			if session.peer.Load() != before {
				t.Error("the restart made a new connection")
			}
			l.forget()
			b.forget()
			bothWays(t, session, l, b, 111, 960)
			if l.losses() != 0 {
				t.Errorf("lost: %v", l.lost)
			}
		})
	}
}

func attribute(text []byte, name string) string {
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestAnotherConnection has the page make another peer connection in the same dialog.
func TestAnotherConnection(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	old := newBrowser(t, browserCodecs())
	call(t, session, old, "opus")
	bothWays(t, session, l, old, 111, 960)
	old.close()
	eventually(t, "the loss", func() bool { return l.losses() == 1 })
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	eventually(t, "the return", func() bool { return l.returns() == 1 })
	l.forget()
	bothWays(t, session, l, b, 111, 960)
	if l.losses() != 1 {
		t.Errorf("lost: %v", l.lost)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	_, err := session.Offer(proposal(bridge.SendRecv))
	must(t, err)
	session.Rollback()
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	if _, err = session.SetAnswer([]byte(offer)); err == nil {
		t.Error("an answer was taken after rollback")
	}
	answer := reoffer(t, session, b, offer, "opus")
	_, err = session.SetOffer([]byte(hold(offer, bridge.Inactive)))
	must(t, err)
	session.Rollback()
	if _, err = session.Answer(bridge.Description{Media: make([]bridge.MediaDescription, 1)}); err == nil {
		t.Error("a forgotten offer was answered")
	}
	bothWays(t, session, l, b, 111, 960)
	description, err := session.SetOffer([]byte(offer))
	must(t, err)
	again, err := session.Answer(choose(t, description, "opus"))
	must(t, err)
	if !bytes.Equal(answer, again) {
		t.Error("rollback changed the answer")
	}
}

// TestNoPayloadTypeLeft makes an offer to a browser that gave all numbers to one codec: of what has none, it is silent.
func TestNoPayloadTypeLeft(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	var numbers, maps strings.Builder
	for number := 96; number < 128; number++ {
		fmt.Fprintf(&numbers, " %d", number)
		fmt.Fprintf(&maps, "a=rtpmap:%d opus/48000/2\r\n", number)
	}
	offer := without(newBrowser(t, browserCodecs()).offer(nil), "a=rtpmap", "a=fmtp", "a=rtcp-fb")
	offer = regexp.MustCompile(`(m=audio \d+ \S+).*\r\n`).ReplaceAllString(offer, "${1}"+numbers.String()+"\r\n") +
		maps.String()
	description, err := session.SetOffer([]byte(offer))
	must(t, err)
	if found := len(description.Media[0].Formats); found != 32 {
		t.Fatalf("the offer has %d formats:\n%s", found, offer)
	}
	_, err = session.Answer(choose(t, description, "opus"))
	must(t, err)
	wanted := proposal(bridge.SendRecv)
	wanted.Media = append(wanted.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: bridge.SendRecv,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}}},
	})
	ours, err := session.Offer(wanted)
	must(t, err)
	if bytes.Contains(ours, []byte("telephone-event")) || bytes.Contains(ours, []byte("VP8")) ||
		!bytes.Contains(ours, []byte("opus/48000/2")) {
		t.Errorf("our offer\n%s", ours)
	}
}
