package rtpmedia

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func vp8() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
}

func h264(payloadType uint8, parameters string) transcode.Format {
	return transcode.Format{
		Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: payloadType, Parameters: parameters,
	}
}

// pictures describes PCMU and a section of video.
func pictures(direction bridge.Direction, formats ...transcode.Format) bridge.Description {
	description := audio(bridge.SendRecv, pcmu())
	description.Media = append(description.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: direction, Formats: formats,
	})
	return description
}

// answersFirst is what a call would answer: the first format of each section.
func answersFirst(offered bridge.Description) bridge.Description {
	answer := bridge.Description{}
	for _, media := range offered.Media {
		media.Formats, media.Direction = media.Formats[:min(1, len(media.Formats))], media.Direction.Mirror()
		answer.Media = append(answer.Media, media)
	}
	return answer
}

// show lets one session offer pictures and the other answer with the first format of each section.
func show(t *testing.T, caller, callee *Session, proposal bridge.Description) (offer, answer []byte) {
	t.Helper()
	offer = must[[]byte](t)(caller.Offer(proposal))
	offered := must[bridge.Description](t)(callee.SetOffer(offer))
	answer = must[[]byte](t)(callee.Answer(answersFirst(offered)))
	must[bridge.Description](t)(caller.SetAnswer(answer))
	return offer, answer
}

// film writes a packet of a picture.
func film(t *testing.T, session *Session, sequence uint16) {
	t.Helper()
	packet := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: sequence, SSRC: 9, Marker: true},
		Payload: make([]byte, 1200),
	}
	if err := session.Sender(transcode.Video).WriteRTP(packet); err != nil {
		t.Fatal(err)
	}
}

// TestPictures passes them both ways beside the sound, and a request for a full one.
func TestPictures(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	caller := newSession(t, func(o *Options) { o.Events.KeyframeAsked = func() { asked.Add(1) } })
	callee := newSession(t, nil)
	show(t, caller, callee, pictures(bridge.SendRecv, vp8()))
	toCaller, toCallee := &recorder{}, &recorder{}
	caller.Receive(transcode.Video, toCaller)
	callee.Receive(transcode.Video, toCallee)
	film(t, caller, 1)
	film(t, callee, 1)
	eventually(t, "pictures both ways", func() bool { return toCaller.count() == 1 && toCallee.count() == 1 })
	if got := toCallee.all()[0]; !got.Marker || len(got.Payload) != 1200 || got.PayloadType != 96 {
		t.Errorf("got %v", got)
	}
	if !callee.AskKeyframe() {
		t.Fatal("a party with feedback is not asked by RTCP")
	}
	eventually(t, "a request for a full picture", func() bool { return asked.Load() == 1 })
	callee.AskKeyframe() // too early
	now := time.Now()
	if request := callee.streams[transcode.Video].keyframeRequest(
		callee.streams[transcode.Video].agreed.Load(), now); request != nil {
		t.Error("a second request was made at once")
	}
	if request := callee.streams[transcode.Video].keyframeRequest(
		callee.streams[transcode.Video].agreed.Load(), now.Add(bridge.KeyframePause)); request == nil {
		t.Error("no second request was made later")
	}
	newSpeech(caller, pcmu()).say(t)
}

// TestLargePackets: what may not be cut into smaller packets goes out whole, as far as a datagram takes it.
func TestLargePackets(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 7)
	party.call(session, party.offer())
	speech := newSpeech(session, pcmu())
	for _, size := range []int{maxDatagram + 1, 40000, 3000} {
		speech.packet.Payload = bytes.Repeat([]byte{byte(size)}, size)
		speech.say(t)
		if err := party.rtp.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		datagram := make([]byte, 1<<16)
		read, err := party.rtp.Read(datagram)
		if err != nil || !bytes.Equal(datagram[headerSize:read], speech.packet.Payload) {
			t.Errorf("of %d octets came %d: %v", size, read, err)
		}
	}
	speech.packet.SequenceNumber++
	speech.packet.Payload = make([]byte, 1<<16)
	if err := speech.to.WriteRTP(&speech.packet); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("what no datagram takes: %v", err)
	}
}

// TestFullIntraRequest asks a party that knows no PLI by FIR, and one that knows neither not at all.
func TestFullIntraRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line string
		want bool
	}{
		"fir": {"a=rtcp-fb:* ccm fir", true}, "none": {"a=x-none", false},
		"others": {"a=rtcp-fb:96 nack", false}, "pli": {"a=rtcp-fb:96 nack  PLI", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
			offer := party.offer("m=video 4002 RTP/AVPF 96", "a=rtpmap:96 VP8/90000", test.line)
			offered := must[bridge.Description](t)(session.SetOffer(offer))
			answer := must[[]byte](t)(session.Answer(answersFirst(offered)))
			for line, want := range map[string]bool{
				"nack": name == "others", "nack pli": name == "pli", "ccm fir": name == "fir",
			} {
				if strings.Contains(string(answer), "a=rtcp-fb:* "+line+"\r\n") != want {
					t.Errorf("%s in the answer\n%s", line, answer)
				}
			}
			if session.AskKeyframe() != test.want {
				t.Error("the wrong way was chosen")
			}
			video := session.streams[transcode.Video]
			video.reception.Packet(&rtp.Packet{Header: rtp.Header{SSRC: 7}}, 90000, time.Now())
			request := video.keyframeRequest(video.agreed.Load(), time.Now())
			if fir, ok := request.(*rtcp.FullIntraRequest); ok != (name != "pli") ||
				ok && (fir.FIR[0].SSRC != 7 || fir.MediaSSRC != 0) {
				t.Errorf("request %v", request)
			}
		})
	}
}

// TestNoRequestWithoutReports: a party without bandwidth for RTCP is to be asked for full pictures by other means.
func TestNoRequestWithoutReports(t *testing.T) {
	t.Parallel()
	for bandwidth, want := range map[string]bool{"b=RR:0": true, "b=RS:0\r\nb=RR:0": false} {
		session := newSession(t, nil)
		newViewer(t, session, "97", bandwidth, "a=rtcp-fb:97 nack pli")
		if got := session.AskKeyframe(); got != want {
			t.Errorf("%s: asked by RTCP is %v", bandwidth, got)
		}
	}
}

// TestPicturesComeAndGo adds them to a call, and takes them away: the m= line stays, refused.
func TestPicturesComeAndGo(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, nil), newSession(t, nil)
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	show(t, callee, caller, pictures(bridge.SendOnly, vp8()))
	seen := &recorder{}
	caller.Receive(transcode.Video, seen)
	film(t, caller, 1) // sendonly: not wanted
	film(t, callee, 1)
	eventually(t, "a picture", func() bool { return seen.count() == 1 })
	if stats := caller.Stats().Video; stats.Frames != 1 || stats.Received != 1 {
		t.Errorf("counted %+v", stats)
	}
	if sent := caller.streams[transcode.Video].sender.Stats().Packets; sent != 0 {
		t.Errorf("%d packets were sent to a party that wants none", sent)
	}
	offer, answer := show(t, callee, caller, audio(bridge.SendRecv, pcmu()))
	for _, text := range [][]byte{offer, answer} {
		if !bytes.Contains(text, []byte("m=video 0 RTP/AVP")) {
			t.Errorf("pictures are not refused:\n%s", text)
		}
	}
	film(t, callee, 2)
	for _, session := range []*Session{caller, callee} {
		if to := session.streams[transcode.Video].reportTo.Load(); to != nil {
			t.Errorf("reports on pictures still go to %s", to)
		}
	}
	if sent := callee.streams[transcode.Video].sender.Stats().Packets; sent != 1 {
		t.Errorf("%d packets were sent", sent)
	}
	offer, _ = show(t, caller, callee, pictures(bridge.SendRecv, vp8()))
	if bytes.Count(offer, []byte("m=video")) != 1 || bytes.Contains(offer, []byte("m=video 0")) {
		t.Errorf("the section is not used again:\n%s", offer)
	}
}

// TestNoPortsForPictures refuses the pictures if there are no ports for them.
func TestNoPortsForPictures(t *testing.T) {
	t.Parallel()
	callee := newSession(t, func(o *Options) { o.Ports = newRange(t, 18100, 18101) })
	caller := newSession(t, func(o *Options) { o.Ports = newRange(t, 18102, 18103) })
	offer := must[[]byte](t)(caller.Offer(pictures(bridge.SendRecv, vp8())))
	if bytes.Contains(offer, []byte("m=video")) {
		t.Errorf("pictures are offered:\n%s", offer)
	}
	offer = must[[]byte](t)(newSession(t, nil).Offer(pictures(bridge.SendRecv, vp8())))
	offered := must[bridge.Description](t)(callee.SetOffer(offer))
	answer := must[[]byte](t)(callee.Answer(answersFirst(offered)))
	if !bytes.Contains(answer, []byte("m=video 0 RTP/AVP")) {
		t.Errorf("pictures are accepted:\n%s", answer)
	}
}

// TestH264Answers reads what phones answer to an offer of H.264, the tidy and the sloppy ones.
func TestH264Answers(t *testing.T) {
	t.Parallel()
	single, fragments := h264(97, "profile-level-id=42e01f"), h264(102, "profile-level-id=42e01f;packetization-mode=1")
	for name, test := range map[string]struct {
		lines []string
		want  uint8 // 0: refused
	}{
		"same": {[]string{
			"m=video 4002 RTP/AVP 102", "a=rtpmap:102 H264/90000", "a=fmtp:102 profile-level-id=42800d;packetization-mode=1",
		}, 102},
		"other number": {[]string{
			"m=video 4002 RTP/AVP 99", "a=rtpmap:99 H264/90000", "a=fmtp:99 profile-level-id=42e01f",
		}, 99},
		"no mode": {[]string{
			"m=video 4002 RTP/AVP 102", "a=rtpmap:102 H264/90000", "a=fmtp:102 profile-level-id=42800d",
		}, 102},
		"no fmtp":           {[]string{"m=video 4002 RTP/AVP 102", "a=rtpmap:102 H264/90000"}, 102},
		"no rtpmap":         {[]string{"m=video 4002 RTP/AVP 97"}, 97},
		"foreign":           {[]string{"m=video 4002 RTP/AVP 31"}, 0},
		"refused":           {[]string{"m=video 0 RTP/AVP 102"}, 0},
		"no section at all": {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
			must[[]byte](t)(session.Offer(pictures(bridge.SendRecv, fragments, single)))
			agreed := must[bridge.Description](t)(session.SetAnswer(party.offer(test.lines...)))
			video, ok := agreed.First(transcode.Video)
			if ok != (test.want != 0) || ok && video.Formats[0].PayloadType != test.want {
				t.Errorf("agreed on %+v", agreed)
			}
			if test.want == 102 && !strings.Contains(video.Formats[0].Parameters, "packetization-mode=1") {
				t.Errorf("%d is %q", test.want, video.Formats[0].Parameters)
			}
			if _, ok := agreed.First(transcode.Audio); !ok {
				t.Error("the sound is gone")
			}
		})
	}
}

// TestOfferOfProfiles offers a better profile where the datagram has room, and the one that everybody has anyway; none
// with words that cost more than they gain.
func TestOfferOfProfiles(t *testing.T) {
	t.Parallel()
	const asymmetric = ";level-asymmetry-allowed=1"
	formats := []transcode.Format{
		h264(97, "profile-level-id=64001f;packetization-mode=1"+asymmetric),
		h264(98, "profile-level-id=42e01f;packetization-mode=1"+asymmetric),
	}
	many := pictures(bridge.SendRecv, append(formats, vp8())...)
	for i := range 12 {
		many.Media[0].Formats = append(many.Media[0].Formats, transcode.Format{
			Codec: transcode.Codec{Name: "speex", ClockRate: uint32(8000 + i)}, PayloadType: uint8(110 + i),
		})
	}
	for name, test := range map[string]struct {
		offered bridge.Description
		better  bool
	}{
		"room":    {pictures(bridge.SendRecv, append(formats, vp8())...), true},
		"no room": {many, false},
		"nothing else": {func() bridge.Description {
			only := many
			only.Media = []bridge.MediaDescription{many.Media[0], pictures(bridge.SendRecv, formats[0]).Media[1]}
			return only
		}(), true},
	} {
		offer := string(must[[]byte](t)(newSession(t, nil).Offer(test.offered)))
		if strings.Contains(offer, "=64001f") != test.better || strings.Contains(offer, "asymmetry") ||
			strings.Contains(offer, "=42e01f") == (name == "nothing else") {
			t.Errorf("%s: %d bytes\n%s", name, len(offer), offer)
		}
	}
}
