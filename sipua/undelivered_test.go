package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/wire"
)

// comesBack gives a request of the agent back as an ICMP error does, cut after some bytes; 0 for all.
func (p *peer) comesBack(request *sip.Request, cut int) {
	p.t.Helper()
	raw, err := wire.Bytes(request)
	if err != nil {
		p.t.Fatal(err)
	}
	if cut > 0 {
		raw = raw[:cut]
	}
	p.agent.Undelivered(p, raw)
}

func TestRefusedServerIsLeftAtOnce(t *testing.T) {
	s := newSetup(t, twoServers)
	first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
	leg := s.callServers()
	invite := first.request(sip.INVITE)
	first.comesBack(invite, 300)
	answered(t, leg, second, invite)
	s.settled()
}

func TestRefusalThatDoesNotCount(t *testing.T) {
	s := newSetup(t, twoServers)
	first, second, other := s.peer("UDP", firstServer), s.peer("UDP", secondServer), s.peer("UDP", "192.0.2.66:5060")
	leg := s.callServers()
	invite := first.request(sip.INVITE)
	other.comesBack(invite, 0) // it never went there
	first.comesBack(invite, 60)
	forged := invite.Clone()
	forged.Via().Params.Remove("branch")
	forged.Via().Params.Add("branch", "z9hG4bKguessed")
	first.comesBack(forged, 0)
	first.respond(invite, 100, "", "")
	first.comesBack(invite, 0) // it has answered
	second.quiet()
	first.respond(invite, 200, "bobtag", "sdp")
	first.request(sip.ACK)
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	bye := first.request(sip.BYE)
	first.comesBack(bye, 0) // a request in a dialog is repeated
	if _, clients := s.open(); clients != 1 {
		t.Error("the BYE is given up")
	}
	first.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}
