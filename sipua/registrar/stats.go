package registrar

import "sync/atomic"

// Stats are the counts of a Registrar.
type Stats struct {
	// Bindings and Users are how many there are now.
	Bindings int
	Users    int
	// Registered, Refreshed and Removed count bindings made, prolonged and taken away by REGISTER.
	Registered uint64
	Refreshed  uint64
	Removed    uint64
	// Expired and FlowsClosed count bindings that ended by time and with their connection.
	Expired     uint64
	FlowsClosed uint64
	// Refused counts REGISTER requests that were answered with an error.
	Refused uint64
}

type counters struct {
	registered, refreshed, removed, expired, flowsClosed, refused atomic.Uint64
}

// of gives the counter of a reason.
func (c *counters) of(reason Reason) *atomic.Uint64 {
	switch reason {
	case ReasonExpired:
		return &c.expired
	case ReasonFlowClosed:
		return &c.flowsClosed
	default:
		return &c.removed
	}
}
