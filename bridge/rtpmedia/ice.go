package rtpmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sipbridge/bridge/icefull"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// iceTerms are what SDP agrees on of ICE; the zero value is none.
type iceTerms struct {
	// agent answers the party's checks, and makes ours if it is full.
	agent *iceAgent
	// ufrag and pwd are the party's. Others mean that it starts again (RFC 8839 section 4.4.1.1).
	ufrag, pwd string
	// candidates are where it may be, and components how many ports it has.
	candidates []icefull.Candidate
	components int
}

// offerICE puts ICE into our offer of a kind, if the party is to have it, or has it already. Where it does not find the
// party any more it starts anew; media go on the path that there was until then.
func (s *Session) offerICE(ours *section) {
	agent := s.negotiation.ice[ours.Kind()].agent
	switch {
	case agent == nil && !s.addsICE(ours.Kind()):
		return
	case agent == nil || agent.fails.Load():
		agent = s.newAgent(true)
	}
	s.introduce(ours, agent, icefull.ComponentRTCP) // the party may not take rtcp-mux
	s.streams[ours.Kind()].agent.Store(agent)       // checks may come before the answer
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
func (s *Session) introduce(ours *section, agent *iceAgent, last int) {
	ours.ice = agent
	ours.ICEUfrag, ours.ICEPwd = agent.Ufrag(), agent.Pwd()
	for component := icefull.ComponentRTP; component <= last; component++ {
		ours.Candidates = append(ours.Candidates, s.candidates(component, int(ours.Port)+component-icefull.ComponentRTP,
			agent.isLite())...)
	}
	ours.EndOfCandidates = true
}

// candidates are our addresses for a component: where a NAT maps ours to another one, that of our socket, too, by which
// parties on our side of it find a shorter path. Who is lite has host candidates only (RFC 8445 section 5.2).
func (s *Session) candidates(component, port int, lite bool) []string {
	bind, advertise := s.options.Bind, s.options.Advertise
	if lite || bind.IsUnspecified() {
		bind = advertise
	}
	host := fmt.Sprintf("1 %d UDP %d %s %d typ host", component, icefull.HostPriority(component), bind, port)
	if bind == advertise {
		return []string{host}
	}
	return []string{
		host,
		fmt.Sprintf("2 %d UDP %d %s %d typ srflx raddr %s rport %d", component, icefull.ReflexivePriority(component),
			advertise, port, bind, port),
	}
}

// answeredICE is what the party's answer to a section of ours agrees on.
func (s *Session) answeredICE(ours *section, answer *sdp.Session, party sdp.Media) iceTerms {
	if ours.ice == nil || !s.hasICE(answer, party) || party.ICEMismatch {
		return iceTerms{}
	}
	return s.termsWith(ours.ice, party, party.RTCPMux)
}

// termsWith are what an agent of ours and a party agree on.
func (s *Session) termsWith(agent *iceAgent, party sdp.Media, mux bool) iceTerms {
	terms := iceTerms{agent: agent, ufrag: party.ICEUfrag, pwd: party.ICEPwd, components: icefull.ComponentRTCP}
	if mux {
		terms.components = icefull.ComponentRTP
	}
	terms.candidates = s.candidatesOf(party.Kind(), party)
	return terms
}

// answerICE answers a party that has ICE with ours: with the credentials that we have, as long as it keeps its
// own. If its address is none of its candidates somebody has changed it on the way, and ICE would lead past him.
func (s *Session) answerICE(ours *section, offered sdp.Media) iceTerms {
	if !s.hasICE(s.negotiation.theirs, offered) {
		return iceTerms{}
	}
	if !isCandidate(offered) {
		ours.ICEMismatch = true
		return iceTerms{}
	}
	before := s.negotiation.ice[offered.Kind()]
	agent := before.agent
	if before.ufrag != offered.ICEUfrag || before.pwd != offered.ICEPwd || agent == nil {
		agent = s.newAgent(s.negotiation.theirs.ICELite) // who is lite never controls
	}
	terms := s.termsWith(agent, offered, ours.RTCPMux)
	s.introduce(ours, agent, terms.components)
	return terms
}

// hasICE tells whether a section can be checked: its credentials are long enough (RFC 8839 section 5.4), and not both
// of us are lite.
func (s *Session) hasICE(session *sdp.Session, party sdp.Media) bool {
	ufrag, pwd := len(party.ICEUfrag), len(party.ICEPwd)
	return (s.options.FullICE || !session.ICELite) && ufrag >= 4 && ufrag <= 256 && pwd >= 22 && pwd <= 256
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
		s.forgetPaths()
	}
	terms.agent.begin(terms)
	s.session.wakeUp()
}

// forgetPaths forgets what ICE has found.
func (s *stream) forgetPaths() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latch.paths = paths{on: s.latch.paths.on}
}

// receiveCheck takes a STUN message from the RTP port, or from that of RTCP. What a check nominates is where our media
// go: RTP and RTCP each to its own.
func (s *stream) receiveCheck(datagram []byte, from netip.AddrPort, reports bool, now time.Time) {
	agent := s.agent.Load()
	if agent == nil || len(datagram) > maxDatagram {
		s.options.Counters.malformed.Add(1)
		return
	}
	component := icefull.ComponentRTP
	if reports {
		component = icefull.ComponentRTCP
	}
	check, err := agent.take(datagram, from, component, now)
	if err != nil {
		s.options.Counters.badChecks.Add(1)
		return
	}
	if check.Answer != nil {
		s.sendCheck(icefull.Datagram{Component: component, To: from, Octets: check.Answer})
	}
	if check.Known {
		s.checked(from, check.Nominated, reports)
	}
	if !agent.isLite() {
		s.session.wakeUp()
	}
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
