package rtpmedia

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// TestStrangerGetsNothing sprays packets before, while and after the party speaks. The party's SDP is true:
// the stranger is neither heard nor sent one packet.
func TestStrangerGetsNothing(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	stranger := newPhone(t, "127.0.0.2", 2)
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	party.call(session, party.offer())
	to, voice := session.audio().address(), newSpeech(session, pcmu())

	spray := func(n int) {
		before := session.options.Counters.Stats().WrongSource
		for range n {
			stranger.say(to)
		}
		eventually(t, "the spray is counted", func() bool {
			return session.options.Counters.Stats().WrongSource >= before+uint64(n)
		})
	}
	spray(100)
	voice.say(t)
	party.hear()
	for i := range 10 {
		party.say(to)
		spray(20)
		voice.say(t)
		party.hear()
		eventually(t, "the party is heard", func() bool { return ear.count() == i+1 })
	}
	spray(100)
	voice.say(t)
	party.hear()
	stranger.heardNothing()
	if got := ear.heard(stranger.ssrc); got != 0 {
		t.Errorf("the stranger was heard %d times", got)
	}
	got, host := session.Stats().Audio, netip.MustParseAddr("127.0.0.2")
	if got.Received != 10 || got.WrongSource < 400 || got.Stranger.Addr() != host {
		t.Errorf("counted %+v", got)
	}
}

// TestBehindNAT holds that a party whose SDP names an address that cannot be reached is found by its packets.
func TestBehindNAT(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, []byte("v=0\r\nc=IN IP4 phone.invalid\r\nm=audio 4000 RTP/AVP 0\r\n"))
	voice := newSpeech(session, pcmu())
	voice.say(t)
	for range proof {
		party.say(session.audio().address())
	}
	eventually(t, "the party is found", func() bool { return session.options.Counters.Stats().Moved == 1 })
	voice.say(t)
	if packet := party.hear(); packet.PayloadType != 0 {
		t.Errorf("heard %v", packet)
	}
	if got := session.options.Counters.Stats().Unsent; got != 1 {
		t.Errorf("%d packets were not sent", got)
	}
	if to := *session.audio().reportTo.Load(); to != netip.AddrPortFrom(party.address().Addr(), party.address().Port()+1) {
		t.Errorf("RTCP goes to %s", to)
	}
}

// TestForgedGoodbye holds that a BYE, of a stranger or with the party's address, ends nothing.
func TestForgedGoodbye(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	stranger := newPhone(t, "127.0.0.2", 2)
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	party.call(session, party.offer())
	goodbye := must[[]byte](t)(rtcp.Marshal([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: party.ssrc}, &rtcp.Goodbye{Sources: []uint32{party.ssrc}},
	}))
	reports := netip.AddrPortFrom(session.audio().address().Addr(), session.audio().address().Port()+1)
	stranger.sendTo(stranger.rtcp, reports, goodbye)
	party.sendTo(party.rtcp, reports, goodbye)
	eventually(t, "both are counted", func() bool {
		stats := session.options.Counters.Stats()
		return stats.Byes == 1 && stats.WrongSource == 1
	})
	party.say(session.audio().address())
	eventually(t, "the party is still heard", func() bool { return ear.count() == 1 })
}

// TestManySources holds that at most eight SSRCs are counted at a time.
func TestManySources(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	for ssrc := range uint32(100) {
		party.ssrc = ssrc
		party.say(session.audio().address())
	}
	eventually(t, "all packets", func() bool { return session.Stats().Audio.Received == 100 })
	session.audio().mu.Lock()
	defer session.audio().mu.Unlock()
	if got := len(session.audio().reception.Reports(time.Now())); got > 8 {
		t.Errorf("%d sources are reported on", got)
	}
}

func TestBadPackets(t *testing.T) {
	t.Parallel()
	var keys keyboard
	session := newSession(t, func(o *Options) { o.Events = bridge.MediaEvents{Pressed: keys.press} })
	party := newPhone(t, "127.0.0.1", 1)
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	party.call(session, party.offer())
	to := session.audio().address()
	for _, datagram := range [][]byte{
		{}, {0x80}, make([]byte, 12), append([]byte{0x80}, make([]byte, 10)...), // empty, short, version 0, short
		append([]byte{0x8f}, make([]byte, 11)...),              // fifteen CSRCs that are not there
		append([]byte{0x90}, make([]byte, 11)...),              // an extension that is not there
		append(append([]byte{0xa0}, make([]byte, 11)...), 200), // more padding than packet
		make([]byte, maxDatagram+1),
	} {
		party.sendTo(party.rtp, to, datagram)
	}
	party.sayAs(to, 99, false, []byte("x"))        // not agreed
	party.sayAs(to, 13, false, []byte{40})         // comfort noise
	party.sayAs(to, 101, true, []byte{1})          // too short an event
	party.sendTo(party.rtp, to, []byte{0x81, 200}) // RTCP, cut off
	party.say(to)
	// Events are accounted for by empty packets; comfort noise is passed on.
	eventually(t, "the good packet", func() bool { return ear.count() == 3 })
	for i, packet := range ear.all() {
		if passed := len(packet.Payload) > 0; passed != (i != 1) {
			t.Errorf("packet %d has %d octets of sound", i, len(packet.Payload))
		}
	}
	want := Stats{Malformed: 8, WrongPayloadType: 1, ComfortNoise: 1, BadEvents: 1, BadReports: 1}
	if got := session.options.Counters.Stats(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
