package rtpmedia

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/bridge/rates"
	"sipbridge/transcode"
)

// TestTemporaryLimit tells a party by TMMBR how much of its pictures is taken, and goes on telling.
func TestTemporaryLimit(t *testing.T) {
	t.Parallel()
	var told, times atomic.Uint64
	caller := newSession(t, func(o *Options) {
		o.Events.RateAsked = func(bitrate uint64) { told.Store(bitrate); times.Add(1) }
	})
	callee := newSession(t, nil)
	proposal := pictures(bridge.SendRecv, vp8())
	proposal.Media[1].Bitrate = 900_000
	offer, answer := show(t, caller, callee, proposal)
	for _, text := range [][]byte{offer, answer} {
		if !bytes.Contains(text, []byte("b=AS:900\r\n")) ||
			!bytes.Contains(text, []byte("a=rtcp-fb:* ccm tmmbr\r\n")) {
			t.Errorf("bit rates are not told:\n%s", text)
		}
	}
	callee.LimitPictures(400_000) // nothing came that could be limited
	film(t, caller, 1)
	eventually(t, "the first limit", func() bool { return told.Load() == 400_000 }) // with a report
	callee.LimitPictures(300_000)
	eventually(t, "the second limit", func() bool { return told.Load() == 300_000 })
	if times.Load() != 2 {
		t.Errorf("told %d times", times.Load())
	}
}

// TestLossLowersTheRate passes on what follows from what a party loses, of pictures only, whether it takes feedback
// or not.
func TestLossLowersTheRate(t *testing.T) {
	t.Parallel()
	var told atomic.Uint64
	session := newSession(t, func(o *Options) { o.Events.RateAsked = told.Store })
	party := newPhone(t, "127.0.0.1", 1)
	offer := party.offer("m=video 4002 RTP/AVP 96", "a=rtpmap:96 VP8/90000")
	must[[]byte](t)(session.Answer(answersFirst(must[bridge.Description](t)(session.SetOffer(offer)))))
	for _, kind := range []transcode.Kind{transcode.Audio, transcode.Video} {
		if told.Load() != 0 {
			t.Error("lost sound lowers the rate of pictures")
		}
		stream := session.streams[kind]
		now := time.Now()
		for second := range uint32(3) {
			block := rtcp.ReceptionReport{
				SSRC: stream.sender.Stats().SSRC, FractionLost: 51, LastSequenceNumber: 65500 + second*100,
			}
			stream.takeBlock(block, uint64(second)*100_000, now.Add(time.Duration(second)*time.Second))
		}
	}
	// A fifth of 800 kbit/s is lost, twice; the sender went on as before.
	if got := told.Load(); got < 640_000 || got > 655_000 {
		t.Errorf("the rate is %d", got)
	}
}

// TestNoLimitForOthers says nothing to a party that does not take TMMBR, and does not hear it.
func TestNoLimitForOthers(t *testing.T) {
	t.Parallel()
	asked := false
	session := newSession(t, func(o *Options) { o.Events.RateAsked = func(uint64) { asked = true } })
	party := newPhone(t, "127.0.0.1", 1)
	offer := party.offer("m=video 4002 RTP/AVPF 96", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack")
	must[[]byte](t)(session.Answer(answersFirst(must[bridge.Description](t)(session.SetOffer(offer)))))
	session.LimitPictures(300_000)
	stream := session.streams[transcode.Video]
	if stream.limitation() != nil {
		t.Error("a limit is told")
	}
	request := rates.Temporary{
		Format: rates.FormatRequest, Sender: 1, Source: stream.sender.Stats().SSRC, Bitrate: 200_000,
	}
	if !stream.receiveLimit(*request.Packet(), time.Now()) || asked {
		t.Error("a limit is heard")
	}
	if stream.receiveLimit([]byte{0x83, 205, 0, 1, 0, 0, 0, 1}, time.Now()) {
		t.Error("an ill-formed limit is not counted so")
	}
}
