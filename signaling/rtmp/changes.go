package rtmp

import "sync"

// changes tells of users who have come or gone, in their order, on a goroutine of its own: connections wait for nobody.
type changes struct {
	tell func(user string)
	// wake holds a token while there is something to be told.
	wake chan struct{}

	mu    sync.Mutex
	users []string // guarded by mu
}

func newChanges(tell func(string)) *changes {
	if tell == nil {
		tell = func(string) {}
	}
	return &changes{tell: tell, wake: make(chan struct{}, 1)}
}

// note has a user told of. It may be called under any lock.
func (c *changes) note(user string) {
	c.mu.Lock()
	c.users = append(c.users, user)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run tells until it is done.
func (c *changes) run(done <-chan struct{}) {
	for {
		select {
		case <-c.wake:
			c.tellAll()
		case <-done:
			c.tellAll()
			return
		}
	}
}

func (c *changes) tellAll() {
	c.mu.Lock()
	users := c.users
	c.users = nil
	c.mu.Unlock()
	for _, user := range users {
		c.tell(user)
	}
}
