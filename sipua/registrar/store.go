package registrar

import (
	"slices"

	"sipbridge/sipua/transport"
)

// store holds all bindings, by user and by flow. It isn't safe for concurrent use.
type store struct {
	users map[AOR][]*Binding
	flows map[transport.Flow]map[AOR]int // how many bindings of whom a flow has
	size  int
}

func newStore() *store {
	return &store{users: make(map[AOR][]*Binding), flows: make(map[transport.Flow]map[AOR]int)}
}

// same gives the bindings that a new one would replace.
func (s *store) same(wanted *Binding) (found []*Binding) {
	for _, binding := range s.users[wanted.AOR] {
		if binding.sameAs(wanted) {
			found = append(found, binding)
		}
	}
	return found
}

func (s *store) add(binding *Binding) {
	s.users[binding.AOR] = append(s.users[binding.AOR], binding)
	if s.flows[binding.Flow] == nil {
		s.flows[binding.Flow] = make(map[AOR]int)
	}
	s.flows[binding.Flow][binding.AOR]++
	s.size++
}

func (s *store) remove(binding *Binding) {
	left := slices.DeleteFunc(s.users[binding.AOR], func(b *Binding) bool { return b == binding })
	s.users[binding.AOR] = left
	if len(left) == 0 {
		delete(s.users, binding.AOR)
	}
	s.size--
	flow := s.flows[binding.Flow]
	if flow[binding.AOR]--; flow[binding.AOR] == 0 {
		delete(flow, binding.AOR)
	}
	if len(flow) == 0 {
		delete(s.flows, binding.Flow)
	}
}

// onFlow gives the bindings that a flow has.
func (s *store) onFlow(flow transport.Flow) (found []*Binding) {
	for aor := range s.flows[flow] {
		for _, binding := range s.users[aor] {
			if binding.Flow == flow {
				found = append(found, binding)
			}
		}
	}
	return found
}

// of gives the bindings of a user.
func (s *store) of(aor AOR) []*Binding { return slices.Clone(s.users[aor]) }
