package clicktocall

import (
	"sync"

	"sipbridge/bridge"
)

// running counts the calls of guests by the address that they call. A guest has one at a time; what he tries beside it
// is refused, but is a call, too, until it has ended.
type running struct {
	mu       sync.Mutex
	open     map[string]int    // guarded by mu; calls by the guest's user, those that are refused included
	byGuest  map[string]string // guarded by mu; the address by the guest's user
	byCallee map[string]int    // guarded by mu; calls by address
}

func newRunning() *running {
	return &running{open: make(map[string]int), byGuest: make(map[string]string), byCallee: make(map[string]int)}
}

// take counts a guest's call to an address, if he has no other one and the address fewer than most.
func (r *running) take(user, to string, most int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, calls := r.byGuest[user]; calls || r.byCallee[to] >= most {
		return false
	}
	r.byGuest[user] = to
	r.byCallee[to]++
	return true
}

// begin counts a call of a guest before it is routed.
func (r *running) begin(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[user]++
}

// release gives a guest's place back when his last call has ended; of any other user nothing is known.
func (r *running) release(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[user]--; r.open[user] > 0 {
		return
	}
	delete(r.open, user)
	to, ok := r.byGuest[user]
	if !ok {
		return
	}
	delete(r.byGuest, user)
	if r.byCallee[to]--; r.byCallee[to] == 0 {
		delete(r.byCallee, to)
	}
}

var _ bridge.Observer = (*Service)(nil)

// CallStarted hears of each call before it is routed.
func (s *Service) CallStarted(record bridge.CallRecord) {
	if s.IsGuest(record.CallerUser) {
		s.running.begin(record.CallerUser)
	}
}

// CallEnded gives a guest's place back.
func (s *Service) CallEnded(record bridge.CallRecord) {
	if s.IsGuest(record.CallerUser) {
		s.running.release(record.CallerUser)
	}
}
