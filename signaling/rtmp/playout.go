package rtmp

import (
	"sync"
	"time"

	"sipbridge/signaling/rtmp/chunk"
)

// playout holds the sound toward a client until it is due. Legs put messages in, and the goroutine that writes takes
// them out.
type playout struct {
	// wake holds a token while the writing goroutine is to look again.
	wake chan struct{}

	mu    sync.Mutex
	queue []scheduled // guarded by mu; the one that is due first is first
}

// scheduled is a message and when it is due, by the clock of the connection.
type scheduled struct {
	due     time.Duration
	message chunk.Message
}

func newPlayout() *playout { return &playout{wake: make(chan struct{}, 1)} }

// put adds a message behind all others, and reports false if there are too many: nobody takes them out.
func (p *playout) put(next scheduled) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) >= queueSize {
		return false
	}
	p.queue = append(p.queue, next)
	if len(p.queue) == 1 {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// take gives the next message that is due. Else it tells how long it is until there is one; without any, very long.
func (p *playout) take(now time.Duration) (due chunk.Message, wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return chunk.Message{}, time.Hour, false
	}
	if wait = p.queue[0].due - now; wait > 0 {
		return chunk.Message{}, wait, false
	}
	due = p.queue[0].message
	p.queue = append(p.queue[:0], p.queue[1:]...) // a few at most
	return due, 0, true
}

// clear forgets what is left of a call that is over.
func (p *playout) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.queue)
	p.queue = p.queue[:0]
}
