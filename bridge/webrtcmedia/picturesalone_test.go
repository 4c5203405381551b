package webrtcmedia

import (
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func vp8Alone(direction bridge.Direction) bridge.Description {
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Video, Direction: direction, Formats: []transcode.Format{vp8},
	}}}
}

// agreeOn lets one session offer and the other one answer what is proposed.
func agreeOn(t *testing.T, offerer, answerer *Session, proposal bridge.Description) (offer, answer []byte) {
	t.Helper()
	offer, err := offerer.Offer(proposal)
	must(t, err)
	offered, err := answerer.SetOffer(offer)
	must(t, err)
	for i := range offered.Media {
		offered.Media[i].Formats = offered.Media[i].Formats[:min(1, len(offered.Media[i].Formats))]
		offered.Media[i].Direction = offered.Media[i].Direction.Mirror()
	}
	answer, err = answerer.Answer(offered)
	must(t, err)
	agreed, err := offerer.SetAnswer(answer)
	must(t, err)
	if leading, ok := agreed.Leading(); !ok || leading.Kind != proposal.Media[0].Kind {
		t.Fatalf("agreed on %+v", agreed)
	}
	return offer, answer
}

// TestPicturesAlone connects by a section of video, shows pictures both ways, adds sound, and goes on with the pictures
// after that.
func TestPicturesAlone(t *testing.T) {
	t.Parallel()
	caller, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	callee, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	toCaller, toCallee := &leg{}, &leg{}
	caller.Receive(transcode.Video, toCaller)
	callee.Receive(transcode.Video, toCallee)
	offer, answer := agreeOn(t, caller, callee, vp8Alone(bridge.SendRecv))
	for _, text := range [][]byte{offer, answer} {
		mustSay(t, text, "a=group:BUNDLE 0", "a=end-of-candidates", "a=sendrecv")
		if strings.Contains(string(text), "m=audio") {
			t.Errorf("sound in\n%s", text)
		}
	}
	film := func(session *Session) func(*rtp.Packet) {
		return func(packet *rtp.Packet) { _ = session.Sender(transcode.Video).WriteRTP(packet) }
	}
	defer talk(t, film(caller), 96, 3000)()
	defer talk(t, film(callee), 96, 3000)()
	seen := func() bool { return toCaller.heard(96) > 5 && toCallee.heard(96) > 5 }
	eventually(t, "pictures both ways", seen)

	both := proposal(bridge.SendRecv)
	both.Media = append(both.Media, vp8Alone(bridge.SendRecv).Media...)
	_, answer = agreeOn(t, callee, caller, both)
	mustSay(t, answer, "a=group:BUNDLE 0 1")
	heard := &leg{}
	caller.Receive(transcode.Audio, heard)
	defer talk(t, write(callee), 111, 960)()
	eventually(t, "sound", func() bool { return heard.heard(111) > 5 })

	_, answer = agreeOn(t, callee, caller, vp8Alone(bridge.SendRecv))
	mustSay(t, answer, "m=audio 0 UDP/TLS/RTP/SAVPF 0")
	toCaller.forget()
	toCallee.forget()
	eventually(t, "pictures without the sound", seen)
}

// TestSoundRefused answers an offer of sound and pictures with the pictures alone, and connects to the address that the
// section of pictures names.
func TestSoundRefused(t *testing.T) {
	t.Parallel()
	section := func(kind, format, mid, ufrag string) string {
		return "m=" + kind + " 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=rtcp-mux\r\n" +
			"a=rtpmap:96 " + format + "\r\na=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + strings.Repeat(ufrag, 6) + "\r\n" +
			"a=setup:actpass\r\na=fingerprint:sha-256 " + strings.Repeat("AB:", 31) + "AB\r\n"
	}
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n" +
		section("audio", "opus/48000/2", "0", "sound") + section("video", "VP8/90000", "1", "views")
	for name, refused := range map[string]int{"sound": 0, "pictures": 1} {
		session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
		description, err := session.SetOffer([]byte(offer))
		must(t, err)
		description.Media[refused].Formats = nil
		answer, err := session.Answer(description)
		must(t, err)
		if want := []string{"views", "sound"}[refused]; session.peer.Load().remote.ufrag != want {
			t.Errorf("%s refused: connects to %q", name, session.peer.Load().remote.ufrag)
		}
		mustSay(t, answer, "a=group:BUNDLE "+[]string{"1", "0"}[refused], "a=end-of-candidates")
	}
}
