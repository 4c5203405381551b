package webrtcmedia

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// videoCodecs are those of a browser that has only VP8.
func videoCodecs() []transcode.Format {
	return []transcode.Format{
		{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96},
		{Codec: transcode.Codec{Name: "rtx", ClockRate: 90000}, PayloadType: 97, Parameters: "apt=96"},
	}
}

// picture is a packet of video.
func picture(number uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: number, Timestamp: 3000, SSRC: 43},
		Payload: []byte{0x10, byte(number)},
	}
}

// see makes a call with pictures, and gives what tells the browser's reports.
func see(t *testing.T) (*Session, *leg, *browser, <-chan []rtcp.Packet) {
	t.Helper()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	session.Receive(transcode.Video, l)
	b := newBrowser(t, append(browserCodecs(), videoCodecs()...))
	reports := make(chan []rtcp.Packet, 1000)
	b.reports = reports
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	return session, l, b, reports
}

// numbers are the sequence numbers of packets of video.
func numbers(packets []rtp.Packet) []uint16 {
	var list []uint16
	for i := range packets {
		if packets[i].PayloadType == 96 {
			list = append(list, packets[i].SequenceNumber)
		}
	}
	return list
}

// TestLostPicturesOfTheBrowser asks for what the browser's stream lacks, and takes it as the stream of its own that
// RFC 4588 has for it.
func TestLostPicturesOfTheBrowser(t *testing.T) {
	t.Parallel()
	session, l, b, reports := see(t)
	eventually(t, "the camera", func() bool { return b.camera.bound.Load() != nil })
	for _, number := range []uint16{1, 2, 4} {
		must(t, b.camera.write(&picture(number).Header, picture(number).Payload))
	}
	ssrc := b.camera.bound.Load().ssrc
	await(t, reports, func(packet rtcp.Packet) bool {
		missed, ok := packet.(*rtcp.TransportLayerNack)
		return ok && missed.MediaSSRC == ssrc && slices.Equal(missed.Nacks, []rtcp.NackPair{{PacketID: 3}})
	})
	again := picture(700)
	again.PayloadType, again.SSRC, again.Payload = 97, 44, []byte{0, 3, 0x10, 3}
	for range 2 { // the second one is not missing any more
		_, err := b.camera.bound.Load().writer.WriteRTP(&again.Header, again.Payload)
		must(t, err)
		again.SequenceNumber++
	}
	must(t, b.camera.write(&picture(5).Header, picture(5).Payload))
	seen := func() []uint16 {
		l.mu.Lock()
		defer l.mu.Unlock()
		return numbers(l.audio)
	}
	eventually(t, "all pictures", func() bool { return len(seen()) == 5 })
	if got := seen(); !slices.Equal(got, []uint16{1, 2, 4, 3, 5}) {
		t.Errorf("saw %d", got)
	}
	block := session.incoming.block(transcode.Video, time.Now())
	if block[0].TotalLost != 1 {
		t.Errorf("the report tells that %d packets were lost on the way", block[0].TotalLost)
	}
}

func await(t *testing.T, reports <-chan []rtcp.Packet, wanted func(rtcp.Packet) bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case packets := <-reports:
			if slices.ContainsFunc(packets, wanted) {
				return
			}
		case <-limit:
			t.Fatal("waited too long for a report")
		}
	}
}

// TestPicturesAreSentAgain has the browser miss one of ours.
func TestPicturesAreSentAgain(t *testing.T) {
	t.Parallel()
	session, _, b, _ := see(t)
	for number := range uint16(10) {
		must(t, session.Sender(transcode.Video).WriteRTP(picture(number)))
	}
	seen := func() []uint16 {
		b.mu.Lock()
		defer b.mu.Unlock()
		return numbers(b.received)
	}
	eventually(t, "the pictures", func() bool { return len(seen()) == 10 })
	missed := seen()[4]
	must(t, b.connection.WriteRTCP([]rtcp.Packet{
		&rtcp.TransportLayerNack{
			MediaSSRC: session.incoming.ours[transcode.Video], Nacks: []rtcp.NackPair{{PacketID: missed}},
		},
	}))
	eventually(t, "the picture", func() bool {
		_ = session.Sender(transcode.Video).WriteRTP(picture(uint16(len(seen())))) // pion looks for it when another comes
		return slices.Contains(seen()[10:], missed)
	})
}

// TestOwnOfferOfRepairs offers to send again what gets lost, for each codec under a number of its own.
func TestOwnOfferOfRepairs(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	wish := proposal(bridge.SendRecv)
	wish.Media = append(wish.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{
		{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}}, {Codec: transcode.Codec{Name: "VP9", ClockRate: 90000}},
	}})
	offer, err := session.Offer(wish)
	must(t, err)
	mustSay(t, offer, "a=rtcp-fb:96 nack", "a=rtcp-fb:98 nack", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
		"a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=98")
	b := newBrowser(t, append(browserCodecs(), videoCodecs()...))
	_, err = session.SetAnswer([]byte(b.answer(offer)))
	must(t, err)
	again, err := session.Offer(wish)
	must(t, err)
	mustSay(t, again, "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96")
}
