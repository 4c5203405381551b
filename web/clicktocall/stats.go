package clicktocall

import "sync/atomic"

// Stats counts since the start.
type Stats struct {
	// Guests are those who may start calls now.
	Guests int
	// Welcomed counts guests, Refused the calls that were asked for and not allowed, Limited what was refused to who
	// asked too often, and Strayed guests who called something else.
	Welcomed, Refused, Limited, Strayed uint64
}

type counters struct{ welcomed, refused, limited, strayed atomic.Uint64 }

// Stats gives a snapshot.
func (s *Service) Stats() Stats {
	return Stats{
		Guests: s.guests.count(s.options.Now()), Welcomed: s.counts.welcomed.Load(), Refused: s.counts.refused.Load(),
		Limited: s.counts.limited.Load(), Strayed: s.counts.strayed.Load(),
	}
}
