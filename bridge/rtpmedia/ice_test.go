package rtpmedia

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// fullAgent is a party with all of ICE.
type fullAgent struct {
	t     *testing.T
	agent *ice.Agent
	conn  *ice.Conn
}

func newFullAgent(t *testing.T) *fullAgent {
	t.Helper()
	agent := must[*ice.Agent](t)(ice.NewAgentWithOptions(
		ice.WithIncludeLoopback(), ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithIPFilter(net.IP.IsLoopback), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
	))
	t.Cleanup(func() { _ = agent.GracefulClose() })
	gathered := make(chan struct{})
	_ = agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			close(gathered)
		}
	})
	if err := agent.GatherCandidates(); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return &fullAgent{t: t, agent: agent}
}

// describe is the party's SDP, at the address of its first candidate.
func (f *fullAgent) describe() []byte {
	f.t.Helper()
	candidates := must[[]ice.Candidate](f.t)(f.agent.GetLocalCandidates())
	ufrag, pwd, err := f.agent.GetLocalUserCredentials()
	if err != nil || len(candidates) == 0 {
		f.t.Fatal(err, candidates)
	}
	text := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 %s\r\nm=audio %d RTP/AVP 0\r\na=rtcp-mux\r\n"+
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", candidates[0].Address(), candidates[0].Port(), ufrag, pwd)
	for _, candidate := range candidates {
		text += "a=candidate:" + candidate.Marshal() + "\r\n"
	}
	return []byte(text)
}

// connect finds the session that a description is of.
func (f *fullAgent) connect(text []byte) {
	f.t.Helper()
	session := must[*sdp.Session](f.t)(sdp.Parse(text))
	media := session.Media[0]
	if !session.ICELite || len(media.Candidates) == 0 {
		f.t.Fatalf("no ICE-lite:\n%s", text)
	}
	if err := f.agent.SetRemoteICELite(true); err != nil {
		f.t.Fatal(err)
	}
	f.dial(text)
}

// dial finds the session, and chooses the path.
func (f *fullAgent) dial(text []byte) {
	f.t.Helper()
	media := must[*sdp.Session](f.t)(sdp.Parse(text)).Media[0]
	for _, line := range media.Candidates {
		candidate := must[ice.Candidate](f.t)(ice.UnmarshalCandidate(line))
		if err := f.agent.AddRemoteCandidate(candidate); err != nil {
			f.t.Fatal(err)
		}
	}
	f.conn = must[*ice.Conn](f.t)(f.agent.Dial(f.t.Context(), media.ICEUfrag, media.ICEPwd))
}

// talk sends a packet each way.
func (f *fullAgent) talk(session *Session) {
	f.t.Helper()
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 7, SSRC: 3}, Payload: []byte("hello")}
	if _, err := f.conn.Write(must[[]byte](f.t)(packet.Marshal())); err != nil {
		f.t.Fatal(err)
	}
	eventually(f.t, "the party is heard", func() bool { return ear.count() == 1 })
	eventually(f.t, "we know where the party is", func() bool { return session.audio().to.Load() != nil })
	newSpeech(session, pcmu()).say(f.t)
	buffer := make([]byte, maxDatagram)
	for {
		size := must[int](f.t)(f.conn.Read(buffer))
		if err := packet.Unmarshal(buffer[:size]); err == nil && string(packet.Payload) == "some speech" {
			return
		}
	}
}

// TestICEOffered: a party with ICE offers, and finds us.
func TestICEOffered(t *testing.T) {
	t.Parallel()
	party, session := newFullAgent(t), newSession(t, nil)
	_ = must[bridge.Description](t)(session.SetOffer(party.describe()))
	answer := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
	if voice := newSpeech(session, pcmu()); session.audio().to.Load() != nil || voice.to.WriteRTP(&voice.packet) != nil {
		t.Error("media go where no check came from")
	}
	party.connect(answer)
	party.talk(session)

	// The same again changes nothing; other credentials are a new start, for both.
	_ = must[bridge.Description](t)(session.SetOffer(party.describe()))
	if again := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu()))); string(again) != string(answer) {
		t.Errorf("answered anew:\n%s", again)
	}
	party.talk(session)
	other := newFullAgent(t)
	_ = must[bridge.Description](t)(session.SetOffer(other.describe()))
	other.connect(must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu()))))
	other.talk(session)
}

// TestICEByUs: we offer ICE, and go on without where the party has none.
func TestICEByUs(t *testing.T) {
	t.Parallel()
	for _, checks := range []bool{true, false} {
		session := newSession(t, func(options *Options) { options.ICE = true })
		offer := must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		if lines := strings.Count(string(offer), "a=candidate:"); lines != 2 {
			t.Errorf("%d candidates for RTP and RTCP:\n%s", lines, offer)
		}
		if !checks {
			party := newPhone(t, "127.0.0.1", 1)
			_ = must[bridge.Description](t)(session.SetAnswer(party.offer()))
			newSpeech(session, pcmu()).say(t)
			party.hear()
			continue
		}
		party := newFullAgent(t)
		_ = must[bridge.Description](t)(session.SetAnswer(party.describe()))
		party.connect(offer)
		party.talk(session)
		again := must[[]byte](t)(session.Offer(audio(bridge.SendOnly, pcmu())))
		if !strings.Contains(string(again), "a=ice-ufrag:"+session.audio().agent.Load().Ufrag()) {
			t.Errorf("offered again without the same ICE:\n%s", again)
		}
	}
}

// TestWithoutICE holds what is answered as if it had no ICE.
func TestWithoutICE(t *testing.T) {
	t.Parallel()
	const good = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\na=ice-ufrag:abcd\r\n" +
		"a=ice-pwd:abcdefghijklmnopqrstuv\r\na=candidate:1 1 UDP 1 127.0.0.1 4000 typ host\r\n"
	for name, test := range map[string]struct {
		change [2]string
		says   string
		lacks  string
	}{
		"good":                        {[2]string{}, "a=ice-lite", "a=ice-mismatch"},
		"no address yet":              {[2]string{"m=audio 4000", "m=audio 9"}, "a=ice-lite", "a=ice-mismatch"},
		"lite, too":                   {[2]string{"m=audio", "a=ice-lite\r\nm=audio"}, "m=audio", "a=ice"},
		"an address that was changed": {[2]string{"IN IP4 127.0.0.1", "IN IP4 127.0.0.2"}, "a=ice-mismatch", "a=ice-lite"},
		"a password too short":        {[2]string{"abcdefghijklmnopqrstuv", "abcdefgh"}, "m=audio", "a=ice"},
		"no credentials":              {[2]string{"a=ice-ufrag", "a=x"}, "m=audio", "a=ice"},
	} {
		session := newSession(t, nil)
		offer := good
		if test.change[0] != "" {
			offer = strings.Replace(good, test.change[0], test.change[1], 1)
		}
		_ = must[bridge.Description](t)(session.SetOffer([]byte(offer)))
		answer := string(must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu()))))
		if !strings.Contains(answer, test.says) || strings.Contains(answer, test.lacks) {
			t.Errorf("%s:\n%s", name, answer)
		}
	}
}

// check makes one by hand, which nominates.
func check(t *testing.T, name, password string) []byte {
	t.Helper()
	return must[*stun.Message](t)(stun.Build(
		stun.BindingRequest, stun.TransactionID, stun.NewUsername(name), stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(password), stun.Fingerprint,
	)).Raw
}

// TestICEStrangers: who does not know the password is neither answered, heard, nor sent anything, though he sends from
// the address in the SDP; and each component goes where its own check has nominated.
func TestICEStrangers(t *testing.T) {
	t.Parallel()
	session, party, stranger := newSession(t, nil), newPhone(t, "127.0.0.1", 1), newPhone(t, "127.0.0.1", 2)
	address := stranger.address()
	answer := party.call(session, stranger.offer("a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv",
		fmt.Sprintf("a=candidate:1 1 UDP 1 %s %d typ host", address.Addr(), address.Port())))
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	to := session.audio().address()
	reports := netip.AddrPortFrom(to.Addr(), to.Port()+1)
	name := answer.ICEUfrag + ":abcd"

	stranger.sendTo(stranger.rtp, to, check(t, name, "a password that is wrong"))
	stranger.say(to)
	eventually(t, "the stranger is counted", func() bool {
		counted := session.options.Counters.Stats()
		return counted.BadChecks == 1 && counted.WrongSource == 1
	})
	party.sendTo(party.rtp, to, check(t, name, answer.ICEPwd))
	party.sendTo(party.rtcp, reports, check(t, name, answer.ICEPwd))
	party.read(party.rtp)
	party.read(party.rtcp)
	party.say(to)
	eventually(t, "the party is heard", func() bool { return ear.count() == 1 })
	eventually(t, "both ways are known", func() bool {
		return session.audio().to.Load() != nil && session.audio().reportTo.Load() != nil
	})
	newSpeech(session, pcmu()).say(t)
	party.hear()
	if got := *session.audio().reportTo.Load(); got != localAddress(party.rtcp) {
		t.Errorf("reports go to %v", got)
	}
	stranger.heardNothing()
	if got := ear.heard(stranger.ssrc); got != 0 {
		t.Errorf("the stranger was heard %d times", got)
	}
}

// TestICEOfAddedPictures: pictures that are added to a call are offered with ICE if its sound has it, whoever began,
// and without if not.
func TestICEOfAddedPictures(t *testing.T) {
	t.Parallel()
	const credentials = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
	for name, test := range map[string]struct {
		ice, weBegin bool
		takes        string
	}{
		"they began":              {false, false, credentials},
		"we began":                {true, true, credentials},
		"they began without":      {true, false, ""},
		"we began, they have not": {true, true, ""},
	} {
		session := newSession(t, func(options *Options) { options.ICE = test.ice })
		party := []byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n" + test.takes)
		if test.weBegin {
			must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
			_ = must[bridge.Description](t)(session.SetAnswer(party))
		} else {
			_ = must[bridge.Description](t)(session.SetOffer(party))
			must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
		}
		offer := must[*sdp.Session](t)(sdp.Parse(must[[]byte](t)(session.Offer(pictures(bridge.SendRecv, vp8())))))
		if len(offer.Media) != 2 {
			t.Fatalf("%s: offered %+v", name, offer.Media)
		}
		for _, media := range offer.Media {
			port, want := int(media.Port), []string(nil)
			if test.takes != "" {
				want = []string{ // RFC 8445 section 5.1.2.1
					fmt.Sprintf("1 1 UDP 2130706431 127.0.0.1 %d typ host", port),
					fmt.Sprintf("1 2 UDP 2130706430 127.0.0.1 %d typ host", port+1),
				}
			}
			if !slices.Equal(media.Candidates, want) || media.ICE() != (test.takes != "") {
				t.Errorf("%s: %s is offered with %q", name, media.Type, media.Candidates)
			}
		}
	}
}

// TestICEOfOneKind: sound that was agreed on without ICE stays without, though the pictures beside it have it.
func TestICEOfOneKind(t *testing.T) {
	t.Parallel()
	session := newSession(t, func(options *Options) { options.ICE = true })
	offered := must[bridge.Description](t)(session.SetOffer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\n" +
		"m=audio 4000 RTP/AVP 0\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n" +
		"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n")))
	must[[]byte](t)(session.Answer(answersFirst(offered)))
	offer := must[*sdp.Session](t)(sdp.Parse(must[[]byte](t)(session.Offer(pictures(bridge.SendRecv, vp8())))))
	if len(offer.Media) != 2 || offer.Media[0].ICE() || !offer.Media[1].ICE() {
		t.Errorf("offered %+v", offer.Media)
	}
}

// TestICEForks: when another fork answers the same offer, the one before is neither sent anything nor heard any more,
// already before the new one has nominated.
func TestICEForks(t *testing.T) {
	t.Parallel()
	session := newSession(t, func(options *Options) { options.ICE = true })
	offer := must[*sdp.Session](t)(sdp.Parse(must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu()))))).Media[0]
	to, ear := session.audio().address(), &recorder{}
	session.Receive(transcode.Audio, ear)
	answer := func(fork *phone, ufrag string) {
		_ = must[bridge.Description](t)(session.SetAnswer(
			fork.offer("a=rtcp-mux", "a=ice-ufrag:"+ufrag, "a=ice-pwd:abcdefghijklmnopqrstuv")))
	}
	nominate := func(fork *phone, ufrag string) {
		fork.sendTo(fork.rtp, to, check(t, offer.ICEUfrag+":"+ufrag, offer.ICEPwd))
		fork.read(fork.rtp)
		eventually(t, "the nominated path", func() bool {
			used := session.audio().to.Load()
			return used != nil && *used == fork.address()
		})
	}
	first, second := newPhone(t, "127.0.0.1", 1), newPhone(t, "127.0.0.1", 2)
	answer(first, "early")
	nominate(first, "early")
	answer(first, "early") // the same fork again
	if used := session.audio().to.Load(); used == nil || *used != first.address() {
		t.Errorf("a fork that answers twice is sent to at %v", used)
	}

	answer(second, "late")
	if used := session.audio().to.Load(); used != nil {
		t.Errorf("the second fork's media go to %v", used)
	}
	first.say(to)
	eventually(t, "the first fork is refused", func() bool { return session.options.Counters.Stats().WrongSource == 1 })
	nominate(second, "late")
	second.say(to)
	eventually(t, "the second fork is heard", func() bool { return ear.heard(second.ssrc) == 1 })
	if got := ear.heard(first.ssrc); got != 0 {
		t.Errorf("the first fork is heard %d times", got)
	}
	first.heardNothing()
}

// TestPathsAreBounded holds that a party can't have us remember more than a few addresses.
func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	var known paths
	for port := range uint16(100) {
		known.check(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port+1000), false, false)
	}
	if len(known.sources) != maxPaths || !known.has(netip.MustParseAddrPort("192.0.2.1:1099")) {
		t.Errorf("%d addresses", len(known.sources))
	}
}
