package resolver

import (
	"maps"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// question is what is asked.
type question struct {
	// name is fully qualified, in lower case.
	name string
	kind uint16
}

// answer is what is known of a question. It is never changed.
type answer struct {
	// records are of the kind that was asked for; none if there are none.
	records []dns.RR
	// learned tells that a server answered; else records is empty and err says why.
	learned bool
	err     error
	// fresh is until when it counts, stale until when it counts if nothing better can be had.
	fresh, stale time.Time
}

// cache keeps answers.
type cache struct {
	mu      sync.Mutex
	answers map[question]answer // guarded by mu
}

func newCache() *cache { return &cache{answers: make(map[question]answer)} }

// find gives what is known of a question, however old.
func (c *cache) find(q question) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.answers[q]
	return found, ok
}

// put keeps an answer. If there is no room, what is of no use any more goes first, then anything.
func (c *cache) put(q question, a answer, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.answers[q]; !known && len(c.answers) >= maxAnswers {
		maps.DeleteFunc(c.answers, func(_ question, old answer) bool { return now.After(old.stale) })
		for old := range c.answers {
			if len(c.answers) < maxAnswers {
				break
			}
			delete(c.answers, old)
		}
	}
	c.answers[q] = a
}

func (c *cache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.answers)
}
