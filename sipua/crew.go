package sipua

import "sync"

// crew counts the goroutines of an agent, and lets none begin once it is waited for.
type crew struct {
	running sync.WaitGroup // added to under mu, while not closed

	mu     sync.Mutex
	closed bool // guarded by mu
}

// start runs work in a goroutine. It reports false, having done nothing, when the agent is closed.
func (c *crew) start(work func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.running.Go(work)
	return true
}

// wait lets nobody begin any more and returns when all are gone.
func (c *crew) wait() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
}
