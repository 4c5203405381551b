package rtpmedia

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// connection is the c= line of a phone, of whatever family.
func (p *phone) connection() string {
	family := "IP4"
	if p.address().Addr().Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("c=IN %s %s\r\n", family, p.address().Addr())
}

// offerAt is what a phone offers at its address.
func (p *phone) offerAt() []byte {
	const text = "v=0\r\no=phone 1 1 IN IP4 192.0.2.9\r\ns=-\r\n%st=0 0\r\nm=audio %d RTP/AVP 0\r\n"
	return fmt.Appendf(nil, text, p.connection(), p.address().Port())
}

// offerWithPictures is what a phone offers whose pictures go to another one.
func (p *phone) offerWithPictures(video *phone) []byte {
	const text = "%sm=video %d RTP/AVP 96\r\n%sa=rtpmap:96 VP8/90000\r\n"
	return fmt.Appendf(nil, text, p.offerAt(), video.address().Port(), video.connection())
}

// rebind gives loopback of the other family.
func rebind(party netip.Addr) (Place, bool) {
	if party.Is6() {
		return Place{Bind: netip.IPv6Loopback()}, true
	}
	return Place{Bind: netip.MustParseAddr("127.0.0.1")}, true
}

// TestPartyMoves: a phone that changes its address family by a re-INVITE is heard and hears, there and back. Our stream
// goes on, and what we were called stays.
func TestPartyMoves(t *testing.T) {
	t.Parallel()
	ports := newRange(t, 20000, 29999)
	session := newSession(t, func(o *Options) { o.Ports, o.Rebind = ports, rebind })
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	voice := newSpeech(session, pcmu())
	var last uint16
	var ssrc uint32
	for i, host := range []string{"127.0.0.1", "::1", "127.0.0.1"} {
		p := newPhone(t, host, uint32(70+i))
		must[bridge.Description](t)(session.SetOffer(p.offerAt()))
		text := string(must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu()))))
		if !strings.Contains(text, p.connection()) || // we have the phone's own address
			!strings.Contains(text, " IN IP4 127.0.0.1\r\ns=-") {
			t.Fatalf("answer to %s\n%s", host, text)
		}
		ours, _ := must[*sdp.Session](t)(sdp.Parse([]byte(text))).Media[0].RTPAddress()
		before := ear.count()
		p.say(ours)
		eventually(t, "a packet from "+host, func() bool { return ear.count() > before })
		voice.say(t)
		heard := p.hear()
		if i > 0 && (heard.SSRC != ssrc || heard.SequenceNumber != last+1) {
			t.Errorf("%s hears %d of %x after %d of %x", host, heard.SequenceNumber, heard.SSRC, last, ssrc)
		}
		ssrc, last = heard.SSRC, heard.SequenceNumber
		if ports.InUse() != 1 {
			t.Errorf("%d pairs of ports are open", ports.InUse())
		}
	}
}

// TestPartyMaysNotMove: where we are not of that family, without a place to go to, and where ICE goes on as it was.
func TestPartyMaysNotMove(t *testing.T) {
	t.Parallel()
	const ice = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
	near, far := newPhone(t, "127.0.0.1", 8), newPhone(t, "::1", 7)
	candidate := fmt.Sprintf("a=candidate:1 1 UDP 1 127.0.0.1 %d typ host\r\n", near.address().Port())
	for name, test := range map[string]struct {
		rebind func(netip.Addr) (Place, bool)
		ice    string
	}{
		"nowhere to go": {func(netip.Addr) (Place, bool) { return Place{}, false }, ""},
		"wrong family":  {func(netip.Addr) (Place, bool) { return Place{Bind: near.address().Addr()}, true }, ""},
		"the same ICE":  {rebind, ice},
	} {
		session := newSession(t, func(o *Options) { o.Rebind = test.rebind })
		before := near.offerAt()
		if test.ice != "" {
			before = append(before, test.ice+candidate...)
		}
		near.call(session, before)
		at := session.audio().address()
		if _, err := session.SetOffer(append(far.offerAt(), test.ice...)); !errors.Is(err, ErrFamily) {
			t.Errorf("%s: %v", name, err)
		}
		ear := &recorder{}
		session.Receive(transcode.Audio, ear)
		near.say(at)
		eventually(t, name, func() bool {
			return ear.count() == 1 || test.ice != "" && session.options.Counters.Stats().WrongSource == 1
		})
	}
}

// TestMoveGivenUp: an offer that comes to nothing moves nothing.
func TestMoveGivenUp(t *testing.T) {
	t.Parallel()
	session := newSession(t, func(o *Options) { o.Rebind = rebind })
	near, far := newPhone(t, "127.0.0.1", 8), newPhone(t, "::1", 7)
	near.call(session, near.offerAt())
	at := session.audio().address()
	must[bridge.Description](t)(session.SetOffer(far.offerAt()))
	session.Rollback()
	if got := session.audio().address(); got != at {
		t.Errorf("moved from %v to %v", at, got)
	}
	near.call(session, near.offerAt())
	if got := session.audio().address(); got != at {
		t.Errorf("the next offer moved us from %v to %v", at, got)
	}
}

// TestSoundSaysWhereToGo: pictures elsewhere neither move sound that stays, nor keep it. What does not come along is
// refused, whatever becomes of the other.
func TestSoundSaysWhereToGo(t *testing.T) {
	t.Parallel()
	here, there := newPhone(t, "127.0.0.1", 1), newPhone(t, "::1", 2)
	for name, party := range map[string]struct{ sound, pictures *phone }{
		"sound stays": {here, there}, "sound goes": {there, here}, "both go": {there, there},
	} {
		session, ear := newSession(t, func(o *Options) { o.Rebind = rebind }), &recorder{}
		session.Receive(transcode.Audio, ear)
		here.call(session, here.offerAt())
		before := session.audio().address()
		described := must[bridge.Description](t)(session.SetOffer(party.sound.offerWithPictures(party.pictures)))
		if together := party.sound == party.pictures; described.Media[1].Refused() == together {
			t.Errorf("%s: pictures are %v", name, described.Media[1])
		}
		text := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
		after, _ := must[*sdp.Session](t)(sdp.Parse(text)).Media[0].RTPAddress()
		if after != session.audio().address() || (after == before) != (party.sound == here) {
			t.Errorf("%s: from %v to %v", name, before, after)
		}
		party.sound.say(after)
		eventually(t, name, func() bool { return ear.count() == 1 })
	}
}

// TestMoveFails: without ports for all that moves, and with an answer that comes to nothing, we are where we were, and
// have no more ports than before.
func TestMoveFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ports  *PortRange
		choice transcode.Format
		status int
	}{
		"no ports": {newRange(t, 18500, 18505), pcmu(), 503}, // one pair of three is free
		"no codec": {newRange(t, 18510, 18529), opus(), 488},
	} {
		session, ear := newSession(t, func(o *Options) { o.Ports, o.Rebind = test.ports, rebind }), &recorder{}
		session.Receive(transcode.Audio, ear)
		near, far := newPhone(t, "127.0.0.1", 8), newPhone(t, "::1", 7)
		must[bridge.Description](t)(session.SetOffer(near.offerWithPictures(near)))
		first := must[[]byte](t)(session.Answer(pictures(bridge.SendRecv, vp8())))
		must[bridge.Description](t)(session.SetOffer(far.offerWithPictures(far)))
		var cause bridge.Cause
		_, err := session.Answer(audio(bridge.SendRecv, test.choice))
		if !errors.As(err, &cause) || cause.Status != test.status {
			t.Errorf("%s: %v", name, err)
		}
		near.say(session.audio().address())
		eventually(t, name+": what comes to the old port", func() bool { return ear.count() == 1 })
		must[bridge.Description](t)(session.SetOffer(near.offerWithPictures(near)))
		if again := must[[]byte](t)(session.Answer(pictures(bridge.SendRecv, vp8()))); string(again) != string(first) {
			t.Errorf("%s: answered\n%s, and then\n%s", name, first, again)
		}
		if used := test.ports.InUse(); used != 2 {
			t.Errorf("%s: %d pairs of ports are in use", name, used)
		}
	}
}
