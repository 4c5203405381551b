package rtpmedia

import (
	"strings"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/red"
)

// redundantOffer is what a phone offers that repeats what the parameters say.
func redundantOffer(party *phone, parameters string) []byte {
	offer := string(party.offer("a=rtpmap:121 red/8000", "a=fmtp:121 "+parameters))
	return []byte(strings.Replace(offer, "RTP/AVP 0 101", "RTP/AVP 0 101 121", 1))
}

// TestRedundantSound has a phone repeat its sound, and lose every second packet.
func TestRedundantSound(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	heard := &recorder{}
	session.Receive(transcode.Audio, heard)
	answer := party.call(session, redundantOffer(party, "0/0"))
	if again := answer.Redundancy(); len(again) != 1 || again[0].PayloadType != 121 || again[0].Parameters != "0/0" {
		t.Fatalf("answered %v", again)
	}
	var packer red.Sender
	for i := range 20 {
		payload := packer.Pack(0, party.sequence+1, uint32(party.sequence+1)*160, []byte{byte(i), 2, 3}, 1)
		if i%2 == 1 {
			party.sayAs(session.audio().address(), 121, false, payload)
		} else {
			party.sequence++ // lost
		}
	}
	party.say(session.audio().address())
	eventually(t, "all sound", func() bool { return heard.count() == 21 })
	for i, packet := range heard.all()[:20] {
		if packet.SequenceNumber != 101+uint16(i) || packet.Timestamp != (101+uint32(i))*160 ||
			packet.PayloadType != 0 || packet.Payload[0] != byte(i) {
			t.Errorf("packet %d: %+v %v", i, packet.Header, packet.Payload)
		}
	}
}

// TestRedundantKeys has a phone repeat its keys as RFC 4733 section 2.5.1.4 has it: all packets of the first are lost.
func TestRedundantKeys(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	pressed := ""
	session := newSession(t, func(o *Options) {
		o.Events.Pressed = func(key bridge.DTMF) {
			mu.Lock()
			defer mu.Unlock()
			pressed += string(key.Digit)
		}
	})
	party := newPhone(t, "127.0.0.1", 42)
	party.call(session, redundantOffer(party, "101/101"))
	say := func(payload string) {
		party.sayAs(session.audio().address(), 121, true, []byte(payload))
	}
	// The second key, and again with its end: both repeat the first one, which began 2000 units before.
	for range 2 {
		say("\xe5\x1f\x40\x04\x65\x01\x8a\x03\x20" + "\x02\x8a\x00\xa0")
		party.sequence-- // the timestamp stays
	}
	eventually(t, "two keys", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(pressed) >= 2
	})
	mu.Lock()
	defer mu.Unlock()
	if pressed != "12" {
		t.Errorf("heard the keys %q", pressed)
	}
}

// TestMalformedRedundancy holds that nonsense is counted, and its number accounted for.
func TestMalformedRedundancy(t *testing.T) {
	t.Parallel()
	counters := &Counters{}
	session := newSession(t, func(o *Options) { o.Counters = counters })
	party, heard := newPhone(t, "127.0.0.1", 42), &recorder{}
	session.Receive(transcode.Audio, heard)
	party.call(session, redundantOffer(party, "0/101"))
	to := session.audio().address()
	for _, payload := range []string{"\x80", "\x79a", "\x08a"} { // cut off, itself within, a codec that was not agreed on
		party.sayAs(to, 121, false, []byte(payload))
	}
	party.say(to)
	eventually(t, "the sound after it", func() bool { return heard.count() == 4 })
	for i, packet := range heard.all()[:3] {
		if len(packet.Payload) > 0 {
			t.Errorf("packet %d has a payload: %v", i, packet.Payload)
		}
	}
	if stats := counters.Stats(); stats.Malformed != 1 || stats.WrongPayloadType != 2 {
		t.Errorf("%+v", stats)
	}
}

// TestRedundancyIsAnswered holds what of it is.
func TestRedundancyIsAnswered(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"0/0": true, "0/101/101": true, "101": true, "0/8": false, "": false, "x/y": false, "121": false,
	}
	for parameters, want := range tests {
		session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
		answer := party.call(session, redundantOffer(party, parameters))
		if got := len(answer.Redundancy()) == 1; got != want {
			t.Errorf("%q: answered %t", parameters, got)
		}
		if codecs := answer.Codecs(); len(codecs) != 1 {
			t.Errorf("%q: codecs %v", parameters, codecs)
		}
	}
}

// TestUnaskedRedundancy holds that it is of no use where it was not agreed on.
func TestUnaskedRedundancy(t *testing.T) {
	t.Parallel()
	counters := &Counters{}
	session := newSession(t, func(o *Options) { o.Counters = counters })
	party := newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 121, SequenceNumber: 1, SSRC: 42},
		Payload: []byte("\x00abc"),
	}
	party.sendTo(party.rtp, session.audio().address(), must[[]byte](t)(packet.Marshal()))
	eventually(t, "the refusal", func() bool { return counters.Stats().WrongPayloadType == 1 })
}

// TestRedundancyToPhones has a phone lose packets, and holds that it gets copies if it takes those of the codec,
// whoever offered.
func TestRedundancyToPhones(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parameters string
		offer      bool // ours
		want       bool
	}{
		"asked for":     {"0/0", false, true},
		"keys alone":    {"101/101", false, false},
		"keys, too":     {"0/101", false, true},
		"offered by us": {"0/0", true, true},
		"not taken":     {"", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, party := newSession(t, func(o *Options) { o.Redundancy = test.offer }), newPhone(t, "127.0.0.1", 42)
			description := redundantOffer(party, test.parameters)
			if test.offer {
				offer := string(must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu()))))
				if !strings.Contains(offer, "a=rtpmap:121 red/8000\r\n") || !strings.Contains(offer, "a=fmtp:121 0/0\r\n") {
					t.Errorf("offered %s", offer)
				}
				must[bridge.Description](t)(session.SetAnswer(description))
			} else {
				party.call(session, description)
			}
			for range 5 {
				session.audio().sender.ReportLoss(26) // a tenth
			}
			speech := newSpeech(session, pcmu())
			var last *rtp.Packet
			for range 3 {
				speech.say(t)
				last = party.hear()
			}
			if copied := last.PayloadType == 121 && strings.Count(string(last.Payload), "some speech") > 1; copied != test.want {
				t.Errorf("payload type %d with %d bytes", last.PayloadType, len(last.Payload))
			}
		})
	}
}

// TestNoiseIsOffered holds that comfort noise is offered only if wanted, and then told to who takes it.
func TestNoiseIsOffered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wanted bool
		answer string
		want   bool
	}{
		{false, "RTP/AVP 0 101", false}, {true, "RTP/AVP 0 13 101", true}, {true, "RTP/AVP 0 101", false},
	} {
		session, party := newSession(t, func(o *Options) { o.Noise = test.wanted }), newPhone(t, "127.0.0.1", 42)
		offer := string(must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu(), opus()))))
		if got := strings.Contains(offer, "a=rtpmap:13 CN/8000\r\n"); got != test.wanted {
			t.Errorf("wanted %t: offered %s", test.wanted, offer)
		}
		answer := strings.Replace(string(party.offer()), "RTP/AVP 0 101", test.answer, 1)
		must[bridge.Description](t)(session.SetAnswer([]byte(answer)))
		if got := session.audio().sender.TakesNoise(); got != test.want {
			t.Errorf("answered %q: told of noise %t", test.answer, got)
		}
	}
}
