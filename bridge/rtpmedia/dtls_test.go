package rtpmedia

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// shaking gives a session a certificate, and lets it offer keys by DTLS.
func shaking(t *testing.T, policy Policy) func(*Options) {
	t.Helper()
	identity := must[*dtlssrtp.Identity](t)(dtlssrtp.NewIdentity())
	return func(options *Options) {
		options.Security = Security{Policy: policy, Offer: true, Identity: identity, DTLS: true}
		options.ReportInterval = 50 * time.Millisecond
	}
}

// awaitKeys waits until sessions have shaken hands for their sound, and for its reports.
func awaitKeys(t *testing.T, sessions ...*Session) {
	t.Helper()
	for _, session := range sessions {
		eventually(t, "keys", func() bool {
			protection := session.audio().agreed.Load().protection
			return protection.packets.sealer() != nil && protection.reports.sealer() != nil
		})
	}
}

// agree lets one session offer and the other answer, with what lies between them changing the SDP of both.
func agree(t *testing.T, caller, callee *Session, change func([]byte) []byte) (offer, answer sdp.Media) {
	t.Helper()
	first := change(must[[]byte](t)(caller.Offer(audio(bridge.SendRecv, pcmu()))))
	offered := must[bridge.Description](t)(callee.SetOffer(first))
	second := change(must[[]byte](t)(callee.Answer(audio(offered.Media[0].Direction.Mirror(), pcmu()))))
	_ = must[bridge.Description](t)(caller.SetAnswer(second))
	return must[*sdp.Session](t)(sdp.Parse(first)).Media[0], must[*sdp.Session](t)(sdp.Parse(second)).Media[0]
}

func unchanged(text []byte) []byte { return text }

// replacing changes some text of an SDP.
func replacing(old, fresh string) func([]byte) []byte {
	return func(text []byte) []byte { return bytes.ReplaceAll(text, []byte(old), []byte(fresh)) }
}

// talkBothWays holds that each side hears the other, and that reports come.
func talkBothWays(t *testing.T, caller, callee *Session) {
	t.Helper()
	exchange(t, caller, callee, pcmu())
	exchange(t, callee, caller, pcmu())
	for _, session := range []*Session{caller, callee} {
		before := session.options.Counters.Stats().Reports
		eventually(t, "reports", func() bool { return session.options.Counters.Stats().Reports > before })
	}
}

// TestKeysByDTLS: in each profile, with RTCP on a port of its own and without.
func TestKeysByDTLS(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]byte) []byte{
		"as offered":      unchanged,
		"RTCP apart":      replacing("a=rtcp-mux\r\n", ""),
		"with feedback":   replacing("UDP/TLS/RTP/SAVP ", "UDP/TLS/RTP/SAVPF "),
		"older browsers":  replacing("UDP/TLS/RTP/SAVP ", "RTP/SAVPF "),
		"best effort":     replacing("UDP/TLS/RTP/SAVP ", "RTP/AVP "),
		"they begin":      replacing("a=setup:actpass", "a=setup:active"),
		"we are to begin": replacing("a=setup:actpass", "a=setup:passive"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Optional))
			offer, answer := agree(t, caller, callee, change)
			if offer.Protocol != answer.Protocol || len(answer.Fingerprints) != 1 || answer.RTCPMux != offer.RTCPMux ||
				answer.Setup == offer.Setup || len(offer.Crypto)+len(answer.Crypto) > 0 {
				t.Errorf("offered %+v\nanswered %+v", offer, answer)
			}
			awaitKeys(t, caller, callee)
			if !caller.audio().sender.Reaches() || !callee.audio().sender.Reaches() {
				t.Error("there are keys, and nothing reaches the party")
			}
			talkBothWays(t, caller, callee)
		})
	}
}

// TestAssociationsRest: DTLS learns from media and reports that the party has the keys, after which it rests.
func TestAssociationsRest(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	agree(t, caller, callee, unchanged)
	awaitKeys(t, caller, callee)
	talkBothWays(t, caller, callee)
	for name, session := range map[string]*Session{"who offered": caller, "who answered": callee} {
		association := session.audio().associations.Load().rtp
		eventually(t, name+" to rest", association.session.Load().Resting)
	}
}

// TestAssociationStays: an offer of either side keeps the keys, and another certificate makes others.
func TestAssociationStays(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	agree(t, caller, callee, unchanged)
	awaitKeys(t, caller, callee)
	before := caller.audio().agreed.Load().protection
	agree(t, callee, caller, unchanged)
	agree(t, caller, callee, unchanged)
	if caller.audio().agreed.Load().protection != before {
		t.Error("the association was not kept")
	}
	talkBothWays(t, caller, callee)

	other := newSession(t, shaking(t, Required))
	agree(t, caller, other, unchanged)
	awaitKeys(t, caller, other)
	talkBothWays(t, caller, other)
	if caller.audio().agreed.Load().protection == before {
		t.Error("keys of one party are used for another")
	}
}

// TestWrongCertificate: without the certificate that was signalled there are no keys, and the leg hears of it.
func TestWrongCertificate(t *testing.T) {
	t.Parallel()
	lost := make(chan struct{}, 4)
	caller := newSession(t, func(options *Options) {
		shaking(t, Required)(options)
		options.Events.Lost = func(bridge.Cause) { lost <- struct{}{} }
	})
	callee := newSession(t, shaking(t, Required))
	stranger := must[*dtlssrtp.Identity](t)(dtlssrtp.NewIdentity()).Fingerprint().Value
	own := callee.options.Security.Identity.Fingerprint().Value
	agree(t, caller, callee, replacing(own, stranger))
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
	voice := newSpeech(caller, pcmu())
	_ = voice.to.WriteRTP(&voice.packet)
	if counted := caller.options.Counters.Stats(); counted.Unshaken == 0 || counted.Unsent == 0 {
		t.Errorf("counted %+v", counted)
	}
	if caller.audio().agreed.Load().protection.packets.sealer() != nil || caller.audio().sender.Reaches() {
		t.Error("there are keys")
	}
}

// TestWhatDTLSIsRefused holds which sections are not taken for DTLS.
func TestWhatDTLSIsRefused(t *testing.T) {
	t.Parallel()
	digest := strings.TrimSuffix(strings.Repeat("AB:", 32), ":")
	const dtls = "m=audio 4000 UDP/TLS/RTP/SAVP 0"
	for name, lines := range map[string][]string{
		"no fingerprint":   {dtls, "a=setup:actpass"},
		"one of no use":    {dtls, "a=setup:actpass", "a=fingerprint:sha-1 " + digest},
		"not now":          {dtls, "a=setup:holdconn", "a=fingerprint:sha-256 " + digest},
		"in the wrong one": {"m=audio 4000 DTLS/SCTP 0", "a=setup:actpass", "a=fingerprint:sha-256 " + digest},
	} {
		session := newSession(t, shaking(t, Optional))
		if _, err := session.SetOffer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\n" + strings.Join(lines, "\r\n"))); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	keyless := newSession(t, secured(Required, true))
	offer := must[[]byte](t)(newSession(t, shaking(t, Required)).Offer(audio(bridge.SendRecv, pcmu())))
	if _, err := keyless.SetOffer(offer); err == nil {
		t.Error("DTLS without a certificate")
	}
}

// TestBestEffort: the party takes protection from an offer that leaves it the choice, or does not.
func TestBestEffort(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){"sdes": secured(Optional, true), "dtls": shaking(t, Optional)} {
		plain, safe := newSession(t, secured(Plain, false)), newSession(t, shaking(t, Required))
		for _, callee := range []*Session{plain, safe} {
			caller := newSession(t, change)
			caller.BestEffort()
			offer, _ := agree(t, caller, callee, unchanged)
			if offer.Protocol != "RTP/AVP" || len(offer.Crypto)+len(offer.Fingerprints) == 0 {
				t.Errorf("%s: offered %+v", name, offer)
			}
			if got := caller.audio().agreed.Load().protection != nil; got != (callee == safe) {
				t.Errorf("%s: protected: %v", name, got)
			}
		}
	}
	strict := newSession(t, secured(Required, true))
	strict.BestEffort()
	offer := must[[]byte](t)(strict.Offer(audio(bridge.SendRecv, pcmu())))
	if !strings.Contains(string(offer), "RTP/SAVP") {
		t.Errorf("required media are offered so:\n%s", offer)
	}
}

// TestPhoneBehindNATBegins: we begin only where the party's media are at the address that it speaks from.
func TestPhoneBehindNATBegins(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"127.0.0.1": setupActive, "192.0.2.1": setupPassive} {
		session := newSession(t, func(options *Options) {
			shaking(t, Optional)(options)
			options.SignallingHost = netip.MustParseAddr(host)
		})
		offer := must[[]byte](t)(newSession(t, shaking(t, Required)).Offer(audio(bridge.SendRecv, pcmu())))
		_ = must[bridge.Description](t)(session.SetOffer(offer))
		answer := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
		if got := must[*sdp.Session](t)(sdp.Parse(answer)).Media[0].Setup; got != want {
			t.Errorf("from %s: %s", host, got)
		}
	}
}

// TestHandshakeFindsTheWay: a party whose SDP names no address is where it has shown its certificate, before it
// has sent any media.
func TestHandshakeFindsTheWay(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	agree(t, caller, callee, func(text []byte) []byte {
		if !bytes.Contains(text, []byte("a=setup:active")) {
			return text
		}
		return replacing("c=IN IP4 127.0.0.1", "c=IN IP4 phone.invalid")(text)
	})
	awaitKeys(t, callee)
	eventually(t, "the way to the callee", func() bool { return caller.audio().to.Load() != nil })
	exchange(t, caller, callee, pcmu())
	if got := caller.options.Counters.Stats().Moved; got != 1 {
		t.Errorf("moved %d times", got)
	}
}

// TestHandshakeAmongStrangers: who sends something like DTLS beside the party is sent no media, also where the party's
// SDP does not say where it is; the party gets them as soon as it is heard.
func TestHandshakeAmongStrangers(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	stranger := newPhone(t, "127.0.0.2", 9)
	agree(t, caller, callee, func(text []byte) []byte {
		if !bytes.Contains(text, []byte("a=setup:active")) {
			return text
		}
		stranger.sendTo(stranger.rtp, caller.audio().address(), []byte{22, 254, 253, 0})
		eventually(t, "the stranger is there", func() bool {
			origins := &caller.audio().associations.Load().rtp.origins
			origins.mu.Lock()
			defer origins.mu.Unlock()
			return slices.Contains(origins.list, stranger.address())
		})
		return replacing("c=IN IP4 127.0.0.1", "c=IN IP4 phone.invalid")(text)
	})
	awaitKeys(t, caller, callee)
	mute := newSpeech(caller, pcmu())
	for range 2 * proof {
		_ = mute.to.WriteRTP(&mute.packet)
	}
	if to := caller.audio().to.Load(); to != nil {
		t.Fatalf("media go to %v", to)
	}
	voice := newSpeech(callee, pcmu())
	for range proof {
		voice.say(t)
	}
	eventually(t, "the callee's place", func() bool { return caller.audio().to.Load() != nil })
	exchange(t, caller, callee, pcmu())
	exchange(t, callee, caller, pcmu())
	for stranger.rtp.SetReadDeadline(time.Now().Add(10*time.Millisecond)) == nil {
		datagram := make([]byte, maxDatagram)
		size, err := stranger.rtp.Read(datagram)
		if err != nil {
			break
		}
		if !dtlssrtp.IsDTLS(datagram[:size]) {
			t.Errorf("the stranger got %x", datagram[:size])
		}
	}
}

// TestEarlyHandshake: a party may shake hands before its answer has come, and the leg is not heard of by strangers.
func TestEarlyHandshake(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	offer := must[[]byte](t)(caller.Offer(audio(bridge.SendRecv, pcmu())))
	_ = must[bridge.Description](t)(callee.SetOffer(offer))
	answer := must[[]byte](t)(callee.Answer(audio(bridge.SendRecv, pcmu())))
	waiting := caller.audio().associations.Load().rtp.conn
	eventually(t, "the first flight", func() bool { return waiting.Waiting() > 0 })
	_ = must[bridge.Description](t)(caller.SetAnswer(answer))
	awaitKeys(t, caller, callee)
	stranger := newPhone(t, "127.0.0.2", 9)
	before := caller.options.Counters.Stats().WrongSource
	stranger.sendTo(stranger.rtp, caller.audio().address(), []byte{22, 254, 253, 0})
	eventually(t, "the stranger is counted", func() bool {
		return caller.options.Counters.Stats().WrongSource == before+1
	})
	talkBothWays(t, caller, callee)
	stranger.heardNothing()
}

// TestPicturesByDTLS: pictures shake hands on their own.
func TestPicturesByDTLS(t *testing.T) {
	t.Parallel()
	proposal := audio(bridge.SendRecv, pcmu())
	proposal.Media = append(proposal.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: bridge.SendRecv,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}},
	})
	caller, callee := newSession(t, shaking(t, Required)), newSession(t, shaking(t, Required))
	offered := must[bridge.Description](t)(callee.SetOffer(must[[]byte](t)(caller.Offer(proposal))))
	_ = must[bridge.Description](t)(caller.SetAnswer(must[[]byte](t)(callee.Answer(offered))))
	for _, session := range []*Session{caller, callee} {
		eventually(t, "keys for pictures", func() bool {
			return session.streams[transcode.Video].agreed.Load().protection.packets.sealer() != nil
		})
	}
}
