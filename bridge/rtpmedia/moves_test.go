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

// offerAt is what a phone offers at its address, of whatever family.
func (p *phone) offerAt() []byte {
	const text = "v=0\r\no=phone 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
	family := "IP4"
	if p.address().Addr().Is6() {
		family = "IP6"
	}
	return fmt.Appendf(nil, text, family, p.address().Addr(), p.address().Port())
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
		connection := strings.SplitAfter(string(p.offerAt()), "\r\n")[3] // we have the phone's own address
		if !strings.Contains(text, connection) ||
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

// TestPartyMaysNotMove: where we are not of that family, where keys are bound to the ports, and without a place to go
// to.
func TestPartyMaysNotMove(t *testing.T) {
	t.Parallel()
	far := newPhone(t, "::1", 7)
	for name, test := range map[string]struct {
		rebind func(netip.Addr) (Place, bool)
		more   string
	}{
		"nowhere to go": {func(netip.Addr) (Place, bool) { return Place{}, false }, ""},
		"wrong family":  {func(netip.Addr) (Place, bool) { return Place{Bind: netip.MustParseAddr("127.0.0.1")}, true }, ""},
		"ICE":           {rebind, "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"},
	} {
		session := newSession(t, func(o *Options) { o.Rebind = test.rebind })
		near := newPhone(t, "127.0.0.1", 8)
		near.call(session, near.offerAt())
		if _, err := session.SetOffer(append(far.offerAt(), test.more...)); !errors.Is(err, ErrFamily) {
			t.Errorf("%s: %v", name, err)
		}
		ear := &recorder{}
		session.Receive(transcode.Audio, ear)
		near.say(session.audio().address())
		eventually(t, name, func() bool { return ear.count() == 1 })
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
