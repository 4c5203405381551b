package rtpmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sipbridge/bridge/icelite"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// The components of a section (RFC 8445 section 13), and the priorities of our only candidate for each (section
// 5.1.2.1).
const (
	componentRTP  = 1
	componentRTCP = 2
	hostPriority  = 126<<24 | 65535<<8
)

// iceTerms are what SDP agrees on of ICE; the zero value is none.
type iceTerms struct {
	// agent answers the party's checks.
	agent *icelite.Agent
	// ufrag and pwd are the party's. Others mean that it starts again (RFC 8839 section 4.4.1.1).
	ufrag, pwd string
}

// offerICE puts ICE into our offer of a kind, if the party is to have it, or has it already.
func (s *Session) offerICE(ours *section) {
	agent := s.negotiation.ice[ours.Kind()].agent
	if agent == nil {
		if !s.addsICE(ours.Kind()) {
			return
		}
		agent = icelite.New()
	}
	s.introduce(ours, agent, componentRTCP)   // the party may not take rtcp-mux
	s.streams[ours.Kind()].agent.Store(agent) // checks may come before the answer
}

// addsICE tells whether a kind that has no ICE is to be offered with it: first as we are told, later, if it is added to
// a call, as the other kind has it.
func (s *Session) addsICE(kind transcode.Kind) bool {
	n := &s.negotiation
	if n.used.empty() {
		return s.options.ICE
	}
	return n.used[kind] == nil && slices.ContainsFunc(n.ice[:], func(terms iceTerms) bool { return terms.agent != nil })
}

// introduce puts our credentials and candidates into a section, for all components up to the last.
func (s *Session) introduce(ours *section, agent *icelite.Agent, last int) {
	ours.ice = agent
	ours.ICEUfrag, ours.ICEPwd = agent.Ufrag(), agent.Pwd()
	for component := componentRTP; component <= last; component++ {
		ours.Candidates = append(ours.Candidates, fmt.Sprintf("1 %d UDP %d %s %d typ host", component,
			hostPriority|(256-component), s.options.Advertise, int(ours.Port)+component-componentRTP))
	}
}

// answeredICE is what the party's answer to a section of ours agrees on.
func answeredICE(ours *section, answer *sdp.Session, party sdp.Media) iceTerms {
	if ours.ice == nil || !hasICE(answer, party) || party.ICEMismatch {
		return iceTerms{}
	}
	return iceTerms{agent: ours.ice, ufrag: party.ICEUfrag, pwd: party.ICEPwd}
}

// answerICE answers a party that has ICE with ours: with the credentials that we have, as long as it keeps its
// own. If its address is none of its candidates somebody has changed it on the way, and ICE would lead past him.
func (s *Session) answerICE(ours *section, offered sdp.Media) iceTerms {
	if !hasICE(s.negotiation.theirs, offered) {
		return iceTerms{}
	}
	if !isCandidate(offered) {
		ours.ICEMismatch = true
		return iceTerms{}
	}
	terms := s.negotiation.ice[offered.Kind()]
	if terms.ufrag != offered.ICEUfrag || terms.pwd != offered.ICEPwd || terms.agent == nil {
		terms = iceTerms{agent: icelite.New(), ufrag: offered.ICEUfrag, pwd: offered.ICEPwd}
	}
	last := componentRTCP
	if ours.RTCPMux {
		last = componentRTP
	}
	s.introduce(ours, terms.agent, last)
	return terms
}

// hasICE tells whether a party will check a section: its credentials are long enough (RFC 8839 section 5.4), and it is
// not lite as we are.
func hasICE(session *sdp.Session, party sdp.Media) bool {
	ufrag, pwd := len(party.ICEUfrag), len(party.ICEPwd)
	return !session.ICELite && ufrag >= 4 && ufrag <= 256 && pwd >= 22 && pwd <= 256
}

// isCandidate tells whether the address of a section is one of its candidates, or none (RFC 8839 section 4.2.5,
// RFC 8840).
func isCandidate(party sdp.Media) bool {
	address, ok := party.RTPAddress()
	if !ok || address.Addr().IsUnspecified() || address.Port() == 9 {
		return true
	}
	return slices.ContainsFunc(party.Candidates, func(line string) bool {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			return false
		}
		candidate, err := netip.ParseAddrPort(netJoin(fields[4], fields[5]))
		return err == nil && netip.AddrPortFrom(candidate.Addr().Unmap(), candidate.Port()) == address
	})
}

func netJoin(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}

// useICE lets the agent of an agreement answer, from now on only the party. Another party that answers the same offer
// is another fork: what the one before it has found is not its.
func (s *stream) useICE(terms iceTerms) {
	s.agent.Store(terms.agent)
	if terms.agent == nil {
		return
	}
	if terms.agent.ExpectsOther(terms.ufrag) { // before any check of the new one can count
		s.mu.Lock()
		s.latch.paths = paths{on: true}
		s.mu.Unlock()
	}
	terms.agent.Expect(terms.ufrag)
}

// receiveCheck takes a STUN message from the RTP port, or from that of RTCP. What a check nominates is where our media
// go: RTP and RTCP each to its own.
func (s *stream) receiveCheck(datagram []byte, from netip.AddrPort, reports bool) {
	agent := s.agent.Load()
	if agent == nil || len(datagram) > maxDatagram {
		s.options.Counters.malformed.Add(1)
		return
	}
	check, err := agent.Answer(datagram, from)
	if err != nil {
		s.options.Counters.badChecks.Add(1)
		return
	}
	socket := s.sockets.rtp
	if reports {
		socket = s.sockets.rtcp
	}
	if err := socket.Send(check.Answer, from); err != nil {
		s.options.Counters.unsent.Add(1)
		return
	}
	s.checked(from, check.Nominated, reports)
}

// checked notes that a check came from the party, and sends there if it nominates.
func (s *stream) checked(from netip.AddrPort, nominated, reports bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latch.paths.check(from, nominated, reports)
	if agreed := s.agreed.Load(); agreed != nil && agreed.ice.agent != nil {
		s.setDestinations(agreed)
	}
	if pair := s.associations.Load(); nominated && pair != nil {
		pair.nominate(from, reports)
	}
}
