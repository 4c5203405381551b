package udp

import (
	"net/netip"
	"runtime"
	"sync"
	"time"
)

const (
	// enough is the share of a core from which on a loop gets no more sockets while another has less to do.
	enough = 0.4
	// perSocket is what a socket is taken to add to that share until it can be measured.
	perSocket = 0.002
	// sampling is how often the shares are measured, at most.
	sampling = time.Second
)

// Poller spreads sockets over loops. A loop runs while it has sockets, so a Poller needs no closing. All methods
// may be called from any goroutine.
type Poller struct {
	mu      sync.Mutex // guards the following fields; never held while a loop ends
	slots   []slot
	sampled time.Time
}

// slot is a place for a loop, and what is known of its load.
type slot struct {
	loop    *loop // nil while there is no socket
	sockets int
	spent   time.Duration // of the loop, when it was sampled
	share   float64       // of a core, in the time before
	fresh   int           // sockets opened since
}

// NewPoller makes a Poller with at most one loop for each core that the runtime uses.
func NewPoller() *Poller {
	return &Poller{slots: make([]slot, runtime.GOMAXPROCS(0)), sampled: time.Now()}
}

// Listen opens a socket at a local address; port 0 is any free one. Its datagrams go to the receiver until Close.
func (p *Poller) Listen(address netip.AddrPort, receiver Receiver) (*Socket, error) {
	s, err := open(address, receiver)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	chosen := p.choose(time.Now())
	if chosen.loop == nil {
		if chosen.loop, err = newLoop(); err != nil {
			return nil, s.discard(err)
		}
	}
	if err := chosen.loop.add(s); err != nil {
		return nil, s.discard(err)
	}
	chosen.sockets++
	chosen.fresh++
	s.loop, s.leave = chosen.loop, func() error { return p.left(chosen) }
	return s, nil
}

// choose gives the first slot that has time for one more socket, or the one with the least to do. The caller
// holds mu.
func (p *Poller) choose(now time.Time) *slot {
	if elapsed := now.Sub(p.sampled); elapsed >= sampling {
		for i := range p.slots {
			p.slots[i].sample(elapsed)
		}
		p.sampled = now
	}
	least := &p.slots[0]
	for i := range p.slots {
		next := &p.slots[i]
		if next.load() < enough {
			return next
		}
		if next.load() < least.load() {
			least = next
		}
	}
	return least
}

func (s *slot) load() float64 { return s.share + perSocket*float64(s.fresh) }

func (s *slot) sample(elapsed time.Duration) {
	spent := time.Duration(0)
	if s.loop != nil {
		spent = time.Duration(s.loop.spent.Load())
	}
	s.share, s.spent, s.fresh = float64(spent-s.spent)/float64(elapsed), spent, 0
}

// left takes a closed socket from its slot and, with the last one, ends the loop.
func (p *Poller) left(from *slot) error {
	p.mu.Lock()
	from.sockets--
	var last *loop
	if from.sockets == 0 {
		last, from.loop, from.spent, from.share = from.loop, nil, 0, 0
	}
	p.mu.Unlock()
	if last == nil {
		return nil
	}
	return last.stop()
}
