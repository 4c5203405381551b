package digest

import "sync/atomic"

// Stats are the counts of an Authenticator since its start, one for each outcome of Verify.
type Stats struct {
	Accepted      uint64
	NoCredentials uint64
	Stale         uint64
	Denied        uint64
	Locked        uint64
	Unsupported   uint64
	Malformed     uint64
}

type counters [outcomes]atomic.Uint64

func (c *counters) snapshot() Stats {
	return Stats{
		Accepted:      c[accepted].Load(),
		NoCredentials: c[noCredentials].Load(),
		Stale:         c[stale].Load(),
		Denied:        c[denied].Load(),
		Locked:        c[locked].Load(),
		Unsupported:   c[unsupported].Load(),
		Malformed:     c[malformed].Load(),
	}
}
