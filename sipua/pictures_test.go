package sipua

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// withPictures is PCMU and VP8.
func withPictures() bridge.Description {
	description := pcmu()
	description.Media = append(description.Media, vp8(bridge.SendRecv))
	return description
}

// TestPicturesCross holds that the call sees offers that add, drop or switch pictures, and no others.
func TestPicturesCross(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	number := 1
	offer := func(sdp string) {
		number++
		p.say(sdp, script.lines("INVITE", string(rune('0'+number)))...)
	}
	settled := func() {
		p.status(200)
		p.say("", script.lines("ACK", string(rune('0'+number)))...)
	}

	offer("sdp video")
	event[bridge.Offered](t, leg)
	leg.Accept(pcmu())
	settled()
	offer("sdp video") // a refresh by a party that will not believe it
	settled()
	offer("sdp")
	settled()
	silent(t, leg)

	offer("sdp video")
	event[bridge.Offered](t, leg)
	leg.Accept(withPictures())
	settled()
	offer("sdp sendonly video")
	settled()
	event[bridge.DirectionChanged](t, leg)
	offer("sdp video")
	settled()
	event[bridge.DirectionChanged](t, leg)
	offer("sdp camera-off")
	if offered := event[bridge.Offered](t, leg); offered.Offer.Media[1].Direction != bridge.RecvOnly {
		t.Errorf("offered %+v", offered.Offer)
	}
	leg.Accept(withPictures())
	settled()
	offer("sdp")
	event[bridge.Offered](t, leg)
	leg.Accept(pcmu())
	settled()
	s.hungUp(leg, p)
}

// TestSoundCrosses holds that the call of pictures alone sees offers that add sound, and no others, and hears of hold.
func TestSoundCrosses(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	alone := withPictures()
	alone.Media[0].Formats = nil
	p.say("sdp soundless video", script.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(alone)
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)

	p.say("sdp video", script.lines("INVITE", "2")...)
	event[bridge.Offered](t, leg)
	leg.Accept(alone)
	p.status(200)
	p.say("", script.lines("ACK", "2")...)
	p.say("sdp video", script.lines("INVITE", "3")...) // a refresh by a party that will not believe it
	p.status(200)
	p.say("", script.lines("ACK", "3")...)
	silent(t, leg)
	p.say("sdp sendonly soundless video", script.lines("INVITE", "4")...)
	if ok := p.status(200); string(ok.Body()) != "ours recvonly" {
		t.Errorf("answered %q", ok.Body())
	}
	p.say("", script.lines("ACK", "4")...)
	if held := event[bridge.DirectionChanged](t, leg); held.Direction != bridge.SendOnly {
		t.Errorf("the call is told %s", held.Direction)
	}
	s.hungUp(leg, p)
}

// TestKeyframeByInfo asks a party without RTCP feedback by INFO (RFC 5168), and not too often, nor once it said that it
// does not know that.
func TestKeyframeByInfo(t *testing.T) {
	for _, unknown := range []int{405, 415, 469, 501} {
		t.Run(strconv.Itoa(unknown), func(t *testing.T) { askByInfo(t, unknown) })
	}
}

// askByInfo has a party answer a request of a full picture, and the next one by a status that says that it knows none.
func askByInfo(t *testing.T, unknown int) {
	t.Helper()
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("sdp video", script.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(withPictures())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	leg.AskKeyframe() // by RTCP
	media := <-s.media
	media.mu.Lock()
	media.deaf = true
	media.mu.Unlock()
	leg.AskKeyframe()
	leg.AskKeyframe()
	info := p.request(sip.INFO)
	if !bytes.Contains(info.Body(), []byte("<picture_fast_update/>")) {
		t.Errorf("asked with %s", info.Body())
	}
	for _, status := range []int{200, unknown} {
		p.respond(info, status, "", "")
		late(t, leg, status == unknown)
		leg.AskKeyframe()
		if status == 200 {
			info = p.request(sip.INFO)
		}
	}
	s.hungUp(leg, p) // the next request is the BYE
}

// late waits until a leg has read the answer to its INFO, and lets the time go by in which it asks no more.
func late(t *testing.T, incoming bridge.Leg, unknown bool) {
	t.Helper()
	asking, ok := incoming.(*leg)
	if !ok {
		t.Fatalf("%T is no leg of ours", incoming)
	}
	for read := false; !read; {
		done := make(chan struct{})
		asking.mailbox.post(func() {
			defer close(done)
			read = !asking.fullPictures.waiting
			asking.fullPictures.asked = time.Time{}
			if read && asking.fullPictures.unknown != unknown {
				t.Errorf("the party is taken not to know INFO: %t", !unknown)
			}
		})
		within(t, done, "the leg's turn")
	}
}

// TestBitRatesReachCallAndMedia passes on what a party takes, and what it is to send.
func TestBitRatesReachCallAndMedia(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	media := <-s.media
	media.events.RateAsked(200_000)
	if asked := event[bridge.RateAsked](t, leg); asked.Bitrate != 200_000 {
		t.Errorf("asked %+v", asked)
	}
	leg.LimitPictures(300_000)
	s.hungUp(leg, p)
	media.mu.Lock()
	defer media.mu.Unlock()
	if !slices.Contains(media.log, "limit 300000") {
		t.Errorf("the media did %q", media.log)
	}
}
