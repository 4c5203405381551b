package toll

import "errors"

// Stats counts since the Policy was made.
type Stats struct {
	// Active is the number of calls that were admitted and not released.
	Active int
	// Admitted counts calls that were allowed.
	Admitted uint64
	// Forbidden counts calls that no rule allows, OverUser and OverTrunk those that met a limit.
	Forbidden, OverUser, OverTrunk uint64
}

// count counts a refusal by its reason.
func (s *Stats) count(why error) {
	switch {
	case errors.Is(why, ErrUserLimit):
		s.OverUser++
	case errors.Is(why, ErrTrunkLimit):
		s.OverTrunk++
	default:
		s.Forbidden++
	}
}

// Stats gives a snapshot.
func (p *Policy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// TrunkCalls tells how many calls a trunk has now.
func (p *Policy) TrunkCalls(trunk string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meter(p.claimOf(trunk).key).calls
}
