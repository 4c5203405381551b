package rtpmedia

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// secured gives a session the means to protect its media.
func secured(policy Policy, offer bool) func(*Options) {
	return func(options *Options) { options.Security = Security{Policy: policy, Offer: offer} }
}

// cryptoLine is an a=crypto line.
func cryptoLine(tag int, key srtp.Key) string {
	line := fmt.Sprintf("a=crypto:%d %s inline:%s", tag, key.Suite(), base64.StdEncoding.EncodeToString(key.Octets()))
	if mki := key.Identifier(); mki.Size > 0 {
		line += fmt.Sprintf("|2^48|%d:%d", mki.Value, mki.Size)
	}
	return line
}

// safePhone is a phone with SRTP.
type safePhone struct {
	*phone

	key    srtp.Key
	sealer *srtp.Sealer
	opener *srtp.Opener
	// mux tells that it wants RTCP at the port of RTP.
	mux bool
}

func newSafePhone(t *testing.T, suite srtp.Suite) *safePhone {
	t.Helper()
	p := &safePhone{phone: newPhone(t, "127.0.0.1", 1)}
	p.rekey(suite)
	return p
}

// rekey makes a new key, with which nothing was sent yet.
func (p *safePhone) rekey(suite srtp.Suite) { p.use(srtp.NewKey(suite)) }

func (p *safePhone) use(key srtp.Key) {
	p.t.Helper()
	p.key = key
	p.sealer = must[*srtp.Sealer](p.t)(srtp.NewSealer(p.key))
}

// offer is of one section with the profile and the lines.
func (p *safePhone) offer(profile string, lines ...string) []byte {
	return bytes.Replace(p.phone.offer(lines...), []byte("RTP/AVP"), []byte(profile), 1)
}

// call offers the phone's key and takes that of the answer.
func (p *safePhone) call(session *Session, profile string, tag int) sdp.Media {
	p.t.Helper()
	lines := []string{cryptoLine(tag, p.key)}
	if p.mux {
		lines = append(lines, "a=rtcp-mux")
	}
	answer := p.phone.call(session, p.offer(profile, lines...))
	if answer.Protocol != profile || answer.RTCPMux != p.mux || len(answer.Crypto) != 1 {
		p.t.Fatalf("answered %s mux %v %v", answer.Protocol, answer.RTCPMux, answer.Crypto)
	}
	line := answer.Crypto[0]
	if line.Tag != uint32(tag) || line.Key.Suite() != p.key.Suite() ||
		line.Key.Identifier() != p.key.Identifier() || line.Key == p.key {
		p.t.Fatalf("answered %s %v", answer.Protocol, answer.Crypto)
	}
	p.opener = must[*srtp.Opener](p.t)(srtp.NewOpener(answer.Crypto[0].Key))
	return answer
}

// packet makes the next packet, sealed.
func (p *safePhone) packet() []byte {
	p.t.Helper()
	p.sequence++
	packet := rtp.Packet{Header: rtp.Header{
		Version: 2, SequenceNumber: p.sequence, Timestamp: uint32(p.sequence) * 160, SSRC: p.ssrc,
	}, Payload: []byte("some speech")}
	buffer := make([]byte, maxDatagram)
	return must[[]byte](p.t)(p.sealer.SealRTP(buffer, must[int](p.t)(packet.MarshalTo(buffer))))
}

func (p *safePhone) say(to netip.AddrPort) { p.sendTo(p.rtp, to, p.packet()) }

// talk sends a packet each way and holds that it is understood.
func (p *safePhone) talk(session *Session) {
	p.t.Helper()
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	p.say(session.audio().address())
	eventually(p.t, "the phone is heard", func() bool { return ear.count() == 1 })
	if got := string(ear.all()[0].Payload); got != "some speech" {
		p.t.Errorf("heard %q", got)
	}
	newSpeech(session, pcmu()).say(p.t)
	datagram := p.read(p.rtp)
	for isRTCP(datagram) {
		datagram = p.read(p.rtp)
	}
	if bytes.Contains(datagram, []byte("some speech")) {
		p.t.Error("our packet is in clear")
	}
	var packet rtp.Packet
	if err := p.opener.OpenRTP(datagram, &packet); err != nil || string(packet.Payload) != "some speech" {
		p.t.Errorf("at the phone: %v, %v", err, packet)
	}
}

// TestProtectedOffer lets one session offer and the other choose.
func TestProtectedOffer(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, secured(Required, true)), newSession(t, secured(Optional, false))
	offer := must[[]byte](t)(caller.Offer(audio(bridge.SendRecv, pcmu())))
	offered := must[*sdp.Session](t)(sdp.Parse(offer)).Media[0]
	if offered.Protocol != "RTP/SAVP" || len(offered.Crypto) != len(srtp.Common()) {
		t.Fatalf("offered:\n%s", offer)
	}
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	exchange(t, caller, callee, pcmu())
	exchange(t, callee, caller, pcmu())

	// Either side offers again: the keys stay, and of the lines only the one in use.
	for _, sides := range [][2]*Session{{caller, callee}, {callee, caller}} {
		before := sides[0].audio().agreed.Load().protection
		again := must[[]byte](t)(sides[0].Offer(audio(bridge.SendRecv, pcmu())))
		lines := must[*sdp.Session](t)(sdp.Parse(again)).Media[0].Crypto
		if len(lines) != 1 || lines[0].Key != before.sdes.ours {
			t.Errorf("offered again: %v", lines)
		}
		negotiate(t, sides[0], sides[1], audio(bridge.SendRecv, pcmu()))
		if now := sides[0].audio().agreed.Load().protection; now != before {
			t.Error("the keys have changed")
		}
		exchange(t, caller, callee, pcmu())
		exchange(t, callee, caller, pcmu())
	}
}

// TestPolicies holds what is made of a party's offer.
func TestPolicies(t *testing.T) {
	t.Parallel()
	key := cryptoLine(4, srtp.NewKey(srtp.AESCM128SHA180))
	weak := key + " UNENCRYPTED_SRTP"
	const plain = "RTP/AVP"
	potential := []string{"a=tcap:1 RTP/SAVP", "a=acap:1 " + key[2:], "a=pcfg:1 t=1 a=1"} // RFC 5939
	tests := map[string]struct {
		policy  Policy
		profile string
		lines   []string
		refused bool
		safe    bool
	}{
		"plain, never":              {Plain, plain, nil, false, false},
		"protected, never":          {Plain, "RTP/SAVP", []string{key}, true, false},
		"best effort, never":        {Plain, plain, []string{key}, false, false},
		"plain, optional":           {Optional, plain, nil, false, false},
		"with feedback, optional":   {Optional, "RTP/AVPF", nil, false, false},
		"protected, optional":       {Optional, "RTP/SAVPF", []string{key}, false, true},
		"best effort, optional":     {Optional, plain, []string{key}, false, true},
		"potential, optional":       {Optional, plain, potential, false, false},
		"no usable key, optional":   {Optional, "RTP/SAVP", []string{weak}, true, false},
		"second key, optional":      {Optional, "RTP/SAVP", []string{weak, key}, false, true},
		"no key, optional":          {Optional, "RTP/SAVP", nil, true, false},
		"plain, required":           {Required, plain, nil, true, false},
		"plain feedback, required":  {Required, "RTP/AVPF", nil, true, false},
		"protected, required":       {Required, "RTP/SAVP", []string{key}, false, true},
		"best effort, required":     {Required, plain, []string{key}, false, true},
		"a key too short, required": {Required, "RTP/SAVP", []string{key[:len(key)-4]}, true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, party := newSession(t, secured(test.policy, false)), newSafePhone(t, srtp.AEADAES128GCM)
			offer := party.offer(test.profile, test.lines...)
			_, err := session.SetOffer(offer)
			if test.refused {
				var cause bridge.Cause
				if !errors.As(err, &cause) || cause.Status != 488 || !errors.Is(err, ErrProtection) {
					t.Fatalf("got %v", err)
				}
				return
			}
			answer := party.phone.call(session, offer)
			if answer.Protocol != test.profile || (len(answer.Crypto) == 1) != test.safe {
				t.Errorf("answered %s %v", answer.Protocol, answer.Crypto)
			}
		})
	}
}

// TestBothProfiles takes the protected one of two sections, wherever it stands, and keeps to it.
func TestBothProfiles(t *testing.T) {
	t.Parallel()
	key := cryptoLine(1, srtp.NewKey(srtp.AESCM128SHA180))
	const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\n"
	plain, safe := "m=audio 4000 RTP/AVP 0\r\n", "m=audio 4002 RTP/SAVP 0\r\n"+key+"\r\n"
	for wanted, text := range []string{head + safe + plain, head + plain + safe} {
		session := newSession(t, secured(Optional, true))
		offered := must[bridge.Description](t)(session.SetOffer([]byte(text)))
		if offered.Media[1-wanted].Formats != nil {
			t.Errorf("the plain one is taken: %v", offered)
		}
		check := func(text []byte) {
			sections := must[*sdp.Session](t)(sdp.Parse(text)).Media
			if len(sections) != 2 || !sections[1-wanted].Refused() || len(sections[wanted].Crypto) != 1 {
				t.Errorf("section %d:\n%s", wanted, text)
			}
		}
		answer := bridge.Description{Media: make([]bridge.MediaDescription, 2)}
		answer.Media[wanted] = bridge.MediaDescription{
			Kind: transcode.Audio, Direction: bridge.SendRecv, Formats: []transcode.Format{pcmu()},
		}
		check(must[[]byte](t)(session.Answer(answer)))
		check(must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu()))))
	}
}

// TestFallBack holds when protection is given up, and what is offered then.
func TestFallBack(t *testing.T) {
	t.Parallel()
	first := func(session *Session) sdp.Media {
		text := must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		return must[*sdp.Session](t)(sdp.Parse(text)).Media[0]
	}
	session := newSession(t, secured(Optional, true))
	if offered := first(session); offered.Protocol != "RTP/SAVP" {
		t.Errorf("offered %+v", offered)
	}
	refused := []byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 0 RTP/SAVP 0\r\n")
	if _, err := session.SetAnswer(refused); !errors.Is(err, ErrNoMedia) {
		t.Errorf("an answer that refuses the stream: %v", err)
	}
	if !session.FallBack() {
		t.Error("no way back to plain media")
	}
	if offered := first(session); offered.Protocol != "RTP/AVP" || len(offered.Crypto) != 0 {
		t.Errorf("then offered %+v", offered)
	}
	if session.FallBack() {
		t.Error("there is still less to offer")
	}
	for name, change := range map[string]func(*Options){
		"required": secured(Required, true), "plain": secured(Plain, true), "not offered": secured(Optional, false),
	} {
		session := newSession(t, change)
		first(session)
		if session.FallBack() {
			t.Errorf("%s: protection is given up", name)
		}
	}
	open := newSession(t, secured(Required, false))
	if _, err := open.Offer(audio(bridge.SendRecv, pcmu())); !errors.Is(err, ErrProtection) {
		t.Errorf("an offer of protected media that may not be offered: %v", err)
	}
}

// TestAnswersToProtectedOffer holds which answers agree on keys.
func TestAnswersToProtectedOffer(t *testing.T) {
	t.Parallel()
	gcm, cm := srtp.NewKey(srtp.AEADAES128GCM), srtp.NewKey(srtp.AESCM128SHA132)
	for name, test := range map[string]struct {
		profile string
		line    string
		good    bool
	}{
		"the first":           {"RTP/SAVP", cryptoLine(1, gcm), true},
		"the last":            {"RTP/SAVP", cryptoLine(4, cm), true},
		"another suite":       {"RTP/SAVP", cryptoLine(1, cm), false},
		"one not offered":     {"RTP/SAVP", cryptoLine(9, cm), false},
		"none":                {"RTP/SAVP", "a=x", false},
		"in clear":            {"RTP/AVP", "a=x", false},
		"a parameter changed": {"RTP/SAVP", cryptoLine(1, gcm) + " UNENCRYPTED_SRTCP", false},
	} {
		session := newSession(t, secured(Optional, true))
		_ = must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		_, err := session.SetAnswer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 " + test.profile + " 0\r\n" +
			test.line + "\r\n"))
		if test.good != (err == nil) || err != nil && !errors.Is(err, ErrProtection) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestForkedKeys holds that each answer to one offer has its own key.
func TestForkedKeys(t *testing.T) {
	t.Parallel()
	caller := newSession(t, secured(Required, true))
	offer := must[[]byte](t)(caller.Offer(audio(bridge.SendRecv, pcmu())))
	for range 2 {
		callee := newSession(t, secured(Required, false))
		_ = must[bridge.Description](t)(callee.SetOffer(offer))
		answer := must[[]byte](t)(callee.Answer(audio(bridge.SendRecv, pcmu())))
		_ = must[bridge.Description](t)(caller.SetAnswer(answer))
		exchange(t, caller, callee, pcmu())
		exchange(t, callee, caller, pcmu())
	}
}

// TestRekey lets a phone keep its key past the roll-over of its sequence numbers, and then change it.
func TestRekey(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, secured(Optional, false)), newSafePhone(t, srtp.AESCM128SHA180)
	party.sequence = 65530
	first := party.call(session, "RTP/SAVP", 1)
	for range 10 {
		party.talk(session)
	}
	opener := party.opener
	if again := party.call(session, "RTP/SAVP", 1); again.Crypto[0] != first.Crypto[0] {
		t.Error("the phone kept its key, and we did not")
	}
	party.opener = opener // it counts on
	party.talk(session)

	party.rekey(srtp.AEADAES256GCM)
	if changed := party.call(session, "RTP/SAVP", 2); changed.Crypto[0].Key == first.Crypto[0].Key {
		t.Error("the phone has forgotten our key, and we have not")
	}
	party.talk(session)
}

// TestKeysOfAList: a phone with several keys in a line is heard with each of them, and gets one of ours.
func TestKeysOfAList(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, secured(Optional, false)), newSafePhone(t, srtp.AESCM128SHA180)
	var lists []string
	keys := make([]srtp.Key, 3)
	for i := range keys {
		keys[i] = srtp.NewKey(srtp.AESCM128SHA180).WithIdentifier(srtp.Identifier{Value: uint64(i), Size: 4})
		lists = append(lists, strings.Fields(cryptoLine(1, keys[i]))[2])
	}
	line := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + strings.Join(lists, ";")
	var first sdp.Crypto
	for i, key := range keys {
		answer := party.phone.call(session, party.offer("RTP/SAVP", line))
		if i == 0 {
			first = answer.Crypto[0]
			party.opener = must[*srtp.Opener](t)(srtp.NewOpener(first.Key))
		}
		if len(answer.Crypto) != 1 || answer.Crypto[0] != first || first.Further != (sdp.Crypto{}).Further {
			t.Fatalf("answered %v", answer.Crypto)
		}
		party.use(key)
		party.talk(session)
	}
}

// TestRekeyByAnswer: a phone that answers a re-INVITE of ours with a new key of the same suite, or that offers its new
// one, is heard from its first packet on, whatever its numbers; we are heard with the key that we have, or a new one.
func TestRekeyByAnswer(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, secured(Required, true)), newSafePhone(t, srtp.AEADAES128GCM)
	party.sequence = 65000
	var first srtp.Key
	for range 3 {
		party.rekey(srtp.AEADAES128GCM)
		offer := must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		line := must[*sdp.Session](t)(sdp.Parse(offer)).Media[0].Crypto[0]
		_ = must[bridge.Description](t)(session.SetAnswer(party.offer("RTP/SAVP", cryptoLine(1, party.key))))
		if first == (srtp.Key{}) {
			first = line.Key
			party.opener = must[*srtp.Opener](t)(srtp.NewOpener(line.Key))
		}
		if line.Key != first {
			t.Error("our key has changed, and nobody wanted that")
		}
		for range 3 {
			party.sequence += 20000 // its new key knows nothing of the roll-overs before
			party.talk(session)
		}
	}
	party.rekey(srtp.AESCM128SHA180)
	if changed := party.call(session, "RTP/SAVP", 1); changed.Crypto[0].Key == first {
		t.Error("the phone has forgotten our key, and we have not")
	}
	party.talk(session)
}
