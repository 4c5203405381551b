package rtpmedia

import (
	"net/netip"
	"sync/atomic"
	"time"

	"sipbridge/bridge/icefull"
	"sipbridge/bridge/icelite"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// iceAgent is ours for one section: lite, or full, which looks for the party as well.
type iceAgent struct {
	*icelite.Agent

	// full is nil where it is lite.
	full *icefull.Agent
	// fails tells that our next offer is to start anew.
	fails atomic.Bool
}

// newAgent makes one; controlling tells that it chooses the path, if it is full.
func (s *Session) newAgent(controlling bool) *iceAgent {
	if !s.options.FullICE {
		return &iceAgent{Agent: icelite.New()}
	}
	full := icefull.New(controlling)
	return &iceAgent{Agent: full.Agent, full: full}
}

// isLite tells whether it only answers.
func (a *iceAgent) isLite() bool { return a.full == nil }

// take reads a STUN message.
func (a *iceAgent) take(datagram []byte, from netip.AddrPort, component int, now time.Time) (icefull.Check, error) {
	if a.full != nil {
		return a.full.Take(datagram, from, component, now)
	}
	check, err := a.Answer(datagram, from)
	return icefull.Check{Answer: check.Answer, Known: check.Known, Nominated: check.Nominated}, err
}

// begin has it look for the party that an agreement is with.
func (a *iceAgent) begin(terms iceTerms) {
	if a.full == nil {
		a.Expect(terms.ufrag)
		return
	}
	a.full.Begin(icefull.Peer{
		Ufrag: terms.ufrag, Pwd: terms.pwd, Candidates: terms.candidates, Components: terms.components,
	})
}

// candidatesOf gives where a party may be, as far as our socket of a kind can and may send there.
func (s *Session) candidatesOf(kind transcode.Kind, party sdp.Media) []icefull.Candidate {
	own := s.streams[kind].address()
	var candidates []icefull.Candidate
	for _, line := range party.Candidates {
		candidate, ok := icefull.ParseCandidate(line)
		ok = ok && candidate.Address.Addr().Is4() == own.Addr().Is4()
		if ok && sendable(own, candidate.Address).IsValid() {
			candidates = append(candidates, candidate)
		}
	}
	return candidates
}

// look sends the checks of ICE that are due, stops sending where the party has taken back its consent, and gives the
// time until there is more to do.
func (s *Session) look(now time.Time) time.Duration {
	next := idle
	for _, kind := range transcode.Kinds() {
		stream := s.streams[kind]
		agent := stream.agent.Load()
		if agent == nil || agent.full == nil {
			continue
		}
		stream.mu.Lock()
		source, heard := stream.latch.source, stream.latch.heard
		stream.mu.Unlock()
		agent.full.Heard(source, heard)
		list, wait := agent.full.Due(now)
		for _, datagram := range list {
			stream.sendCheck(datagram)
		}
		s.lookAfter(stream, agent)
		next = min(next, wait)
	}
	return next
}

func (s *stream) sendCheck(datagram icefull.Datagram) {
	socket := s.sockets().rtp
	if datagram.Component == icefull.ComponentRTCP {
		socket = s.sockets().rtcp
	}
	if err := socket.Send(datagram.Octets, datagram.To); err != nil {
		s.options.Counters.unsent.Add(1)
	}
}

// lookAfter takes what an agent has found of the paths in use.
func (s *Session) lookAfter(stream *stream, agent *iceAgent) {
	for _, component := range agent.full.Revoked() {
		stream.revoke(component)
	}
	if agent.full.Fails() {
		agent.fails.Store(true)
		if reoffer := s.options.Events.Reoffer; reoffer != nil {
			reoffer()
		}
	}
}

// revoke sends nothing more to a component's path.
func (s *stream) revoke(component int) {
	s.options.Counters.revoked.Add(1)
	s.options.Logger.Warn("no answers to checks of ICE", "for", s.kind.String(), "component", component)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latch.paths.revoke(component == icefull.ComponentRTCP)
	if agreed := s.agreed.Load(); agreed != nil && agreed.ice.agent != nil {
		s.setDestinations(agreed)
	}
}
