package turn

import (
	"net/netip"
	"sync"
)

// quota counts relays. Its methods may be called from any goroutine.
type quota struct {
	perUser, perSource, most int

	mu       sync.Mutex // guards the following fields
	byUser   map[string]int
	bySource map[netip.Addr]int
	all      int
	guests   int
	closed   bool
	relays   sync.WaitGroup // those that go on; nothing is added once it is closed
}

func newQuota(options Options) *quota {
	return &quota{
		perUser: options.PerUser, perSource: options.PerSource, most: options.Most,
		byUser: make(map[string]int), bySource: make(map[netip.Addr]int),
	}
}

// has tells whether there is room for one more. It keeps none: see take.
func (q *quota) has(by holder) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.roomFor(by)
}

// roomFor is called with mu held.
func (q *quota) roomFor(by holder) bool {
	return !q.closed && q.all < q.most && (!by.guest || 2*q.guests < q.most) &&
		q.byUser[by.user] < q.perUser && q.bySource[by.source] < q.perSource
}

// take counts one more; false if it is one too many. It counts until give, and goes on until ended.
func (q *quota) take(by holder) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.roomFor(by) {
		return false
	}
	q.change(by, 1)
	q.relays.Add(1)
	return true
}

// give counts one less.
func (q *quota) give(by holder) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.change(by, -1)
}

// change is called with mu held.
func (q *quota) change(by holder, count int) {
	q.all += count
	if by.guest {
		q.guests += count
	}
	add(q.byUser, by.user, count)
	add(q.bySource, by.source, count)
}

// ended is told when nothing of a relay goes on.
func (q *quota) ended() { q.relays.Done() }

// close lets nobody take another one.
func (q *quota) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// wait waits until no relay goes on. It is called after close.
func (q *quota) wait() { q.relays.Wait() }

func (q *quota) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all
}

func add[Key comparable](counts map[Key]int, key Key, by int) {
	if counts[key] += by; counts[key] <= 0 {
		delete(counts, key)
	}
}
