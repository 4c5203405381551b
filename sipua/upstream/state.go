package upstream

import "sipbridge/sipua/transport"

// State is what is known of one server.
type State struct {
	// Domain is the name of its domain or trunk.
	Domain string
	// Target is where the server is.
	Target transport.Target
	// Avoided tells that it is tried last: it did not answer lately, said that it is busy, or failed its probes.
	Avoided bool
}

// States gives those of all servers, as the DNS had them lately, sorted by domain and address.
func (s *Servers) States() []State {
	known := s.all()
	states := make([]State, 0, len(known))
	for _, server := range known {
		states = append(states, State{
			Domain: server.domain, Target: server.target, Avoided: s.options.Blacklist.Has(server.target),
		})
	}
	return states
}
