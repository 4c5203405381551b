package rtpmedia

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// viewer is a phone whose video port is that of another phone's sound.
type viewer struct {
	*phone

	video *phone
	to    *stream
	seen  *recorder
}

// newViewer calls a session with VP8 as 97 and lines about it.
func newViewer(t *testing.T, session *Session, formats string, lines ...string) (w *viewer, answer string) {
	t.Helper()
	w = &viewer{phone: newPhone(t, "127.0.0.1", 1), video: newPhone(t, "127.0.0.1", 2), seen: &recorder{}}
	section := fmt.Sprintf("m=video %d RTP/AVP %s", w.video.address().Port(), formats)
	offer := w.offer(append([]string{section, "a=rtpmap:97 VP8/90000"}, lines...)...)
	answered := answersFirst(must[bridge.Description](t)(session.SetOffer(offer)))
	answer = string(must[[]byte](t)(session.Answer(answered)))
	session.Receive(transcode.Video, w.seen)
	w.to = session.streams[transcode.Video]
	return w, answer
}

// sends sends a packet from a port of its own, or of somebody else.
func (w *viewer) sends(from *phone, payloadType uint8, number uint16, ssrc uint32, payload ...byte) {
	w.t.Helper()
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: number, SSRC: ssrc},
		Payload: payload,
	}
	w.sendTo(from.rtp, w.to.address(), must[[]byte](w.t)(packet.Marshal()))
}

// TestRetransmission takes from a phone what it sends again in a stream of its own, and sends it so.
func TestRetransmission(t *testing.T) {
	t.Parallel()
	session := newSession(t, nil)
	w, answer := newViewer(t, session, "97 98 99", "a=rtcp-fb:97 nack", "a=rtpmap:98 rtx/90000",
		"a=fmtp:98 apt=97;rtx-time=200", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=101")
	again := w.to.resender.SSRC()
	for _, line := range []string{
		" RTP/AVP 97 98\r\n", "a=fmtp:98 apt=97\r\n",
		fmt.Sprintf("a=ssrc-group:FID %d %d\r\n", w.to.sender.Stats().SSRC, again),
	} {
		if !strings.Contains(answer, line) {
			t.Fatalf("no %q in\n%s", line, answer)
		}
	}
	for _, number := range []uint16{1, 2, 4} {
		w.sends(w.video, 97, number, 2, 0x10, byte(number))
	}
	eventually(t, "pictures", func() bool { return w.seen.count() == 3 })
	stranger := newPhone(t, "127.0.0.1", 3)
	w.sends(stranger, 98, 1, 77, 0, 3, 0x10, 3)
	eventually(t, "the stranger to be counted", func() bool { return session.options.Counters.Stats().WrongSource == 1 })
	for number, payload := range map[uint16][]byte{1: {0, 2, 0x10, 2}, 2: {0, 3, 0x10, 3}, 3: {0, 3, 0x10, 3}, 4: {0}} {
		w.sends(w.video, 98, number, 78, payload...) // came already, is missing, is not any more, probes
	}
	w.sends(w.video, 97, 5, 2, 0x10, 5)
	eventually(t, "pictures", func() bool { return w.seen.count() >= 5 })
	packets := w.seen.all()
	if got := packets[3]; len(packets) != 5 || got.SequenceNumber != 3 || got.SSRC != 2 || got.PayloadType != 97 ||
		string(got.Payload) != "\x10\x03" {
		t.Errorf("saw %d packets, %v", len(packets), packets)
	}
	if stats := session.Stats().Video; stats.Received != 4 || stats.Lost != 1 {
		t.Errorf("%+v", stats)
	}

	picture := &rtp.Packet{
		Header: rtp.Header{Version: 2, PayloadType: 97, SequenceNumber: 7, SSRC: 9}, Payload: []byte("picture"),
	}
	if err := session.Sender(transcode.Video).WriteRTP(picture); err != nil {
		t.Fatal(err)
	}
	first := w.video.hear()
	nack := &rtcp.TransportLayerNack{MediaSSRC: first.SSRC, Nacks: []rtcp.NackPair{{PacketID: first.SequenceNumber}}}
	to := w.to.address()
	w.sendTo(w.video.rtcp, netip.AddrPortFrom(to.Addr(), to.Port()+1), must[[]byte](t)(nack.Marshal()))
	second := w.video.hear()
	if second.SSRC != again || second.PayloadType != 98 || string(second.Payload[2:]) != "picture" ||
		binary.BigEndian.Uint16(second.Payload) != first.SequenceNumber {
		t.Errorf("%v was sent again as %v", first, second)
	}
}

// TestRetransmissionWithNumbersShifted takes what a phone sends again whose numbers mean something else in our offer:
// with ours, which count, and with its own as far as we gave them to nothing else.
func TestRetransmissionWithNumbersShifted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		formats      string
		lines        []string
		codec, again uint8
	}{
		"its codec has the number of our repairs": {
			"97 98", []string{"a=rtpmap:97 VP8/90000", "a=rtpmap:98 rtx/90000", "a=fmtp:98 apt=97"}, 96, 97,
		},
		"by its own number": {
			"97 99", []string{"a=rtpmap:97 VP8/90000", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=97"}, 96, 99,
		},
		"its repairs have the number of our codec": {
			"97 96", []string{"a=rtpmap:97 VP8/90000", "a=rtpmap:96 rtx/90000", "a=fmtp:96 apt=97"}, 96, 97,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, party, seen := newSession(t, nil), newPhone(t, "127.0.0.1", 1), &recorder{}
			w := &viewer{phone: party, video: newPhone(t, "127.0.0.1", 2), to: session.streams[transcode.Video]}
			offer := string(must[[]byte](t)(session.Offer(pictures(bridge.SendRecv, vp8()))))
			if !strings.Contains(offer, "a=fmtp:97 apt=96\r\n") {
				t.Fatalf("not what the test is about:\n%s", offer)
			}
			section := fmt.Sprintf("m=video %d RTP/AVP %s", w.video.address().Port(), test.formats)
			must[bridge.Description](t)(session.SetAnswer(party.offer(
				append([]string{section, "a=rtcp-fb:* nack"}, test.lines...)...)))
			session.Receive(transcode.Video, seen)
			w.sends(w.video, test.codec, 1, 2, 0x10, 1)
			w.sends(w.video, test.codec, 3, 2, 0x10, 3)
			eventually(t, "pictures", func() bool { return seen.count() == 2 })
			w.sends(w.video, test.again, 1, 78, 0, 2, 0x10, 2)
			eventually(t, "what was lost", func() bool { return seen.count() == 3 })
			if got := seen.all()[2]; got.PayloadType != 97 || string(got.Payload) != "\x10\x02" {
				t.Errorf("came again as %v", got)
			}
		})
	}
}

// TestRetransmissionOfEachCodec offers it for all codecs, for the first ones, or for none, as far as the offer fits
// into a datagram, and agrees on it for the codec that the party has chosen.
func TestRetransmissionOfEachCodec(t *testing.T) {
	t.Parallel()
	streamed := func(options *Options) { options.Streamed = true }
	session, party := newSession(t, streamed), newPhone(t, "127.0.0.1", 1)
	const baseline = "profile-level-id=42e01f;packetization-mode=1"
	proposal := pictures(bridge.SendRecv, vp8(), h264(97, baseline))
	offer := string(must[[]byte](t)(session.Offer(proposal)))
	for _, line := range []string{" RTP/AVP 96 97 98 99\r\n", "a=fmtp:98 apt=96\r\n", "a=fmtp:99 apt=97\r\n"} {
		if !strings.Contains(offer, line) {
			t.Fatalf("no %q in\n%s", line, offer)
		}
	}
	video := newPhone(t, "127.0.0.1", 2)
	must[bridge.Description](t)(session.SetAnswer(party.offer(
		fmt.Sprintf("m=video %d RTP/AVP 97 99", video.address().Port()), "a=rtpmap:97 H264/90000", "a=fmtp:97 "+baseline,
		"a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=97", "a=rtcp-fb:* nack")))
	if got := session.streams[transcode.Video].agreed.Load().repairs; len(got) != 1 || got[97] != 99 {
		t.Errorf("agreed on %v", got)
	}
	for extra, want := range map[int]int{0: 2, 1: 1, 4: 0} {
		other, sounds := newSession(t, nil), []transcode.Format{}
		for number := range extra {
			sounds = append(sounds, transcode.Format{
				Codec: transcode.Codec{Name: fmt.Sprintf("sound-%d", number), ClockRate: 8000}, PayloadType: 100,
			})
		}
		proposal.Media[0].Formats = sounds
		offer := string(must[[]byte](t)(other.Offer(proposal)))
		if got := strings.Count(offer, "rtx/90000"); got != want || got > 0 && len(offer) > roomy ||
			(got > 0) != strings.Contains(offer, "a=ssrc-group:FID") {
			t.Errorf("%d of %d in %d octets:\n%s", got, want, len(offer), offer)
		}
	}
}

// TestNoRetransmission answers none to a phone that takes no requests for lost packets, or has none for the codec.
func TestNoRetransmission(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		{"a=rtpmap:98 rtx/90000", "a=fmtp:98 apt=97"},
		{"a=rtcp-fb:97 nack", "a=rtpmap:98 rtx/90000", "a=fmtp:98 apt=96"},
		{"a=rtcp-fb:97 nack", "a=rtpmap:98 rtx/90000"},
	} {
		session := newSession(t, nil)
		w, answer := newViewer(t, session, "97 98", lines...)
		if strings.Contains(answer, "rtx") || strings.Contains(answer, "FID") {
			t.Errorf("%q are answered\n%s", lines, answer)
		}
		w.sends(w.video, 98, 1, 77, 0, 3, 0x10, 3)
		eventually(t, "what was not agreed to be counted", func() bool {
			return session.options.Counters.Stats().WrongPayloadType == 1
		})
	}
}
