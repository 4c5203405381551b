package sipua

import (
	"sync"

	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// registrations are all of ours at other servers: at trunks, and those of accounts.
type registrations struct {
	mu  sync.Mutex
	all map[*trunk.Registration]struct{} // guarded by mu
}

func newRegistrations() *registrations {
	return &registrations{all: make(map[*trunk.Registration]struct{})}
}

func (r *registrations) add(fresh *trunk.Registration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[fresh] = struct{}{}
}

func (r *registrations) remove(old *trunk.Registration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, old)
}

// flowClosed tells them of a connection that is gone.
func (r *registrations) flowClosed(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for registration := range r.all {
		registration.FlowClosed(flow)
	}
}

// again makes all of them anew.
func (r *registrations) again() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for registration := range r.all {
		registration.Again()
	}
}
