package rtpmedia

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"github.com/pion/ice/v4"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// at puts a session on an address.
func at(host string, others ...func(*Options)) func(*Options) {
	return func(options *Options) {
		for _, other := range others {
			other(options)
		}
		options.Bind, options.Rebind = netip.MustParseAddr(host), rebind
	}
}

// move puts a session on another address, as its party's offer would, with a new start of ICE.
func (s *Session) move(t *testing.T, host string) {
	t.Helper()
	s.negotiation.move = &Place{Bind: netip.MustParseAddr(host), Advertise: netip.MustParseAddr(host)}
	must[*relocation](t)(s.follow()).settle()
	s.negotiation.move = nil
	s.negotiation.ice[transcode.Audio].agent = s.newAgent(true)
}

// TestPartyMovesWithDTLS: without ICE new ports are a new association (RFC 8842 section 4), with the same certificate,
// there and back.
func TestPartyMovesWithDTLS(t *testing.T) {
	t.Parallel()
	shakes := shaking(t, Required)
	callee := newSession(t, at("127.0.0.1", shaking(t, Optional)))
	var before *protection
	for _, host := range []string{"127.0.0.1", "::1", "127.0.0.1"} {
		caller := newSession(t, at(host, shakes)) // what the phone is there
		_, answer := agree(t, caller, callee, unchanged)
		if host := netip.MustParseAddr(answer.Address); host != caller.options.Bind {
			t.Fatalf("answered from %v", host)
		}
		awaitKeys(t, caller, callee)
		talkBothWays(t, caller, callee)
		if now := callee.audio().agreed.Load().protection; now == before {
			t.Error("an association has gone to other ports")
		} else {
			before = now
		}
	}
}

// TestPartyMovesWithICE: a phone that starts ICE anew in another family is found there, and the association of DTLS
// goes on.
func TestPartyMovesWithICE(t *testing.T) {
	t.Parallel()
	caller := newSession(t, at("127.0.0.1", shaking(t, Required), offersICE))
	callee := newSession(t, at("127.0.0.1", shaking(t, Optional), looking))
	agree(t, caller, callee, unchanged)
	awaitKeys(t, caller, callee)
	talkBothWays(t, caller, callee)
	before := []*protection{caller.audio().agreed.Load().protection, callee.audio().agreed.Load().protection}
	for _, host := range []string{"::1", "127.0.0.1"} {
		caller.move(t, host)
		agree(t, caller, callee, unchanged)
		for _, session := range []*Session{caller, callee} {
			eventually(t, "the path from "+host, func() bool {
				to := session.audio().to.Load()
				return to != nil && to.Addr() == netip.MustParseAddr(host)
			})
		}
		talkBothWays(t, caller, callee)
		if now := []*protection{
			caller.audio().agreed.Load().protection, callee.audio().agreed.Load().protection,
		}; !slices.Equal(now, before) {
			t.Error("the association was made anew")
		}
	}
}

// TestOtherFamilyAmongCandidates: who has candidates of ours is found by them, whatever address its offer names.
func TestOtherFamilyAmongCandidates(t *testing.T) {
	t.Parallel()
	for _, session := range []*Session{newSession(t, looking), newSession(t, nil)} {
		party := newFullAgent(t)
		if err := party.agent.SetRemoteICELite(!session.options.FullICE); err != nil {
			t.Fatal(err)
		}
		own := must[[]ice.Candidate](t)(party.agent.GetLocalCandidates())[0]
		offer := replacing("c=IN IP4 "+own.Address(), "c=IN IP6 2001:db8::1")(party.describe())
		offer = append(offer, "a=candidate:9 1 UDP 1 2001:db8::1 "...)
		offer = append(offer, strconv.Itoa(own.Port())+" typ host\r\n"...)
		must[bridge.Description](t)(session.SetOffer(offer))
		answer := must[[]byte](t)(session.Answer(audio(bridge.SendRecv, pcmu())))
		if !must[*sdp.Session](t)(sdp.Parse(answer)).Media[0].ICE() {
			t.Fatalf("answered\n%s", answer)
		}
		party.dial(answer)
		party.talk(session)
	}
}

// TestOtherFamilyBesideCandidates: where somebody on the way has put in an address that is none of the candidates, ICE
// would lead past him; and his address is of another family than ours, which is refused.
func TestOtherFamilyBesideCandidates(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, looking), newFullAgent(t)
	own := must[[]ice.Candidate](t)(party.agent.GetLocalCandidates())[0]
	offer := replacing("c=IN IP4 "+own.Address(), "c=IN IP6 2001:db8::1")(party.describe())
	if _, err := session.SetOffer(offer); !errors.Is(err, ErrFamily) {
		t.Errorf("got %v", err)
	}
}
