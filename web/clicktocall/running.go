package clicktocall

import (
	"sync"

	"sipbridge/bridge"
)

// running counts the calls of guests by the address that they call. A guest has one at a time.
type running struct {
	mu       sync.Mutex
	byGuest  map[string]string // guarded by mu; the address by the guest's user
	byCallee map[string]int    // guarded by mu; calls by address
}

func newRunning() *running {
	return &running{byGuest: make(map[string]string), byCallee: make(map[string]int)}
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

// release gives a guest's place back; of any other user nothing is known.
func (r *running) release(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
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

// CallStarted hears of each call; a guest's counts from when it is routed.
func (s *Service) CallStarted(bridge.CallRecord) {}

// CallEnded gives a guest's place back.
func (s *Service) CallEnded(record bridge.CallRecord) { s.running.release(record.CallerUser) }
