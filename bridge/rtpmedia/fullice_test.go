package rtpmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/ice/v4"

	"sipbridge/bridge"
	"sipbridge/bridge/icefull"
	"sipbridge/bridge/icelite"
	"sipbridge/bridge/sdp"
)

// looking is a session that looks for its party.
func looking(options *Options) { options.FullICE = true }

// offersICE is one that offers so.
func offersICE(options *Options) { options.FullICE, options.ICE = true, true }

// accept lets itself be found by the session that a description is of, which chooses the path.
func (f *fullAgent) accept(text []byte) {
	f.t.Helper()
	media := must[*sdp.Session](f.t)(sdp.Parse(text)).Media[0]
	for _, line := range media.Candidates {
		if err := f.agent.AddRemoteCandidate(must[ice.Candidate](f.t)(ice.UnmarshalCandidate(line))); err != nil {
			f.t.Fatal(err)
		}
	}
	f.conn = must[*ice.Conn](f.t)(f.agent.Accept(f.t.Context(), media.ICEUfrag, media.ICEPwd))
}

// TestFullICE: whoever offers, we look for a party that waits to be found, and are found by one that looks; after a new
// start of the party, too.
func TestFullICE(t *testing.T) {
	t.Parallel()
	t.Run("they offer", func(t *testing.T) {
		t.Parallel()
		session := newSession(t, looking)
		for range 2 {
			party := newFullAgent(t)
			_ = must[bridge.Description](t)(session.SetOffer(party.describe()))
			answer := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
			if strings.Contains(string(answer), "a=ice-lite") || !strings.Contains(string(answer), "a=end-of-candidates") {
				t.Errorf("answered:\n%s", answer)
			}
			party.dial(answer)
			party.talk(session)
		}
	})
	t.Run("we offer", func(t *testing.T) {
		t.Parallel()
		session, party := newSession(t, offersICE), newFullAgent(t)
		offer := must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
		_ = must[bridge.Description](t)(session.SetAnswer(party.describe()))
		party.accept(offer)
		party.talk(session)
	})
	t.Run("each other", func(t *testing.T) {
		t.Parallel()
		caller, callee := newSession(t, offersICE), newSession(t, looking)
		negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
		for _, session := range []*Session{caller, callee} {
			eventually(t, "a path for RTP and one for RTCP", func() bool {
				return session.audio().to.Load() != nil && session.audio().reportTo.Load() != nil
			})
		}
		exchange(t, caller, callee, pcmu())
		exchange(t, callee, caller, pcmu())
		if *caller.audio().to.Load() != callee.audio().address() {
			t.Errorf("media go to %v", caller.audio().to.Load())
		}
	})
}

// TestLitePartyIsFound: one that is lite sends no checks, whoever offers.
func TestLitePartyIsFound(t *testing.T) {
	t.Parallel()
	for name, weOffer := range map[string]bool{"we offer": true, "it offers": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			party, agent := newPhone(t, "127.0.0.1", 1), icelite.New()
			session := newSession(t, func(options *Options) { options.FullICE, options.ICE = true, weOffer })
			text := strings.Replace(string(party.offer("a=rtcp-mux", "a=ice-ufrag:"+agent.Ufrag(), "a=ice-pwd:"+agent.Pwd(),
				fmt.Sprintf("a=candidate:1 1 UDP %d 127.0.0.1 %d typ host", icefull.HostPriority(1), party.address().Port()),
			)), "t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n", 1)
			var ours []byte
			if weOffer {
				ours = must[[]byte](t)(session.Offer(audio(bridge.SendRecv, pcmu())))
				_ = must[bridge.Description](t)(session.SetAnswer([]byte(text)))
			} else {
				_ = must[bridge.Description](t)(session.SetOffer([]byte(text)))
				ours = must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
			}
			agent.Expect(must[*sdp.Session](t)(sdp.Parse(ours)).Media[0].ICEUfrag)
			for nominated := false; !nominated; {
				check := must[icelite.Check](t)(agent.Answer(party.read(party.rtp), session.audio().address()))
				party.sendTo(party.rtp, session.audio().address(), check.Answer)
				nominated = check.Nominated
			}
			eventually(t, "the path", func() bool { return session.audio().to.Load() != nil })
			newSpeech(session, pcmu()).say(t)
			for {
				if datagram := party.read(party.rtp); !icelite.IsSTUN(datagram) && !isRTCP(datagram) {
					break
				}
			}
		})
	}
}

// TestFullICEAimsAtNobody: candidates that no phone can have are not checked.
func TestFullICEAimsAtNobody(t *testing.T) {
	t.Parallel()
	session := newSession(t, looking)
	party := must[*sdp.Session](t)(sdp.Parse([]byte("v=0\r\nm=audio 9 RTP/AVP 0\r\n" +
		"a=candidate:1 1 UDP 1 127.0.0.1 53 typ host\r\na=candidate:1 1 UDP 1 224.0.0.1 4000 typ host\r\n" +
		"a=candidate:1 1 UDP 1 2001:db8::1 4000 typ host\r\na=candidate:1 1 UDP 1 127.0.0.1 4000 typ host\r\n"))).Media[0]
	if got := session.candidatesOf(party.Kind(), party); len(got) != 1 || got[0].Address.Port() != 4000 {
		t.Errorf("checked: %v", got)
	}
}

// TestCandidatesBehindNAT: the address that the party is told, and that of our socket behind it, unless we are lite, or
// have none.
func TestCandidatesBehindNAT(t *testing.T) {
	t.Parallel()
	const outside = "203.0.113.9"
	for name, test := range map[string]struct {
		bind string
		full bool
		want []string
	}{
		"full": {"127.0.0.1", true, []string{
			"1 1 UDP 2130706431 127.0.0.1 %d typ host",
			"2 1 UDP 1862270975 " + outside + " %d typ srflx raddr 127.0.0.1 rport %d",
		}},
		"lite":        {"127.0.0.1", false, []string{"1 1 UDP 2130706431 " + outside + " %d typ host"}},
		"any address": {"0.0.0.0", true, []string{"1 1 UDP 2130706431 " + outside + " %d typ host"}},
	} {
		session := newSession(t, func(o *Options) {
			o.FullICE, o.Bind, o.Advertise = test.full, netip.MustParseAddr(test.bind), netip.MustParseAddr(outside)
		})
		party := newFullAgent(t)
		_ = must[bridge.Description](t)(session.SetOffer(party.describe()))
		answer := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
		media := must[*sdp.Session](t)(sdp.Parse(answer)).Media[0]
		var want []string
		for _, line := range test.want {
			want = append(want, strings.ReplaceAll(line, "%d", strconv.Itoa(int(media.Port))))
		}
		if !slices.Equal(media.Candidates, want) || !isCandidate(media) {
			t.Errorf("%s: %q", name, media.Candidates)
		}
		if test.full && test.bind != "0.0.0.0" { // on our side of the NAT
			party.dial(answer)
			party.talk(session)
		}
	}
}
