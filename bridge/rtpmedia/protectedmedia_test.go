package rtpmedia

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// TestForgedMedia holds that who has not the key changes nothing, whatever he sends and from where.
func TestForgedMedia(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, secured(Optional, false)), newSafePhone(t, srtp.AESCM128SHA180)
	party.call(session, "RTP/SAVP", 1)
	party.talk(session)
	to, stranger := session.audio().address(), newSafePhone(t, srtp.AESCM128SHA180)
	stranger.sequence += 50 // what is behind the party's would be old, not forged
	counters := session.options.Counters
	last := party.packet()
	for range 50 {
		stranger.say(to)       // the wrong key, from the right host
		stranger.phone.say(to) // none at all
	}
	eventually(t, "forgeries are counted", func() bool { return counters.Stats().Forged == 100 })
	party.sendTo(party.rtp, to, last)
	party.sendTo(stranger.rtp, to, last)
	eventually(t, "the copy is counted", func() bool { return counters.Stats().Replayed == 1 })
	party.talk(session)
	stranger.heardNothing()
	if got := session.Stats().Audio.Received; got != 3 {
		t.Errorf("%d packets are counted as received", got)
	}
}

// TestProtectedPictures holds that pictures have keys of their own.
func TestProtectedPictures(t *testing.T) {
	t.Parallel()
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	proposal := audio(bridge.SendRecv, pcmu())
	proposal.Media = append(proposal.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: bridge.SendRecv, Formats: []transcode.Format{vp8},
	})
	caller, callee := newSession(t, secured(Required, true)), newSession(t, secured(Required, false))
	offered := must[bridge.Description](t)(callee.SetOffer(must[[]byte](t)(caller.Offer(proposal))))
	_ = must[bridge.Description](t)(caller.SetAnswer(must[[]byte](t)(callee.Answer(offered))))
	keys := map[srtp.Key]bool{}
	for _, kind := range transcode.Kinds() {
		protection := caller.streams[kind].agreed.Load().protection
		keys[protection.sdes.ours], keys[protection.sdes.theirs.Key] = true, true
	}
	if len(keys) != 4 {
		t.Errorf("%d keys for two streams each way", len(keys))
	}
	ear := &recorder{}
	callee.Receive(transcode.Video, ear)
	picture := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 5}, Payload: []byte{0x10, 0, 0}}
	for range 20 {
		picture.SequenceNumber++
		if err := caller.Sender(transcode.Video).WriteRTP(picture); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "pictures", func() bool { return ear.count() == 20 })
	if strings.Contains(fmt.Sprintf("%+v", offered), "inline") {
		t.Error("a key crosses")
	}
}
