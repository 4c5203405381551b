package bridge

import (
	"sync"
	"time"
)

// closeTimeout is how long legs are waited for once Run's context is done.
const closeTimeout = 3 * time.Second

// patience bounds the time for which legs that were hung up are waited for. Its channels stand in a select: on
// closing call hurry, on over give up. It belongs to one goroutine.
type patience struct {
	timeout time.Duration
	timer   *time.Timer
	// closing is closed when the Exchange closes; nil once that is known.
	closing <-chan struct{}
	// over is closed when the time is over, and stays so.
	over <-chan struct{}
	end  func()
}

func (x *Exchange) newPatience() *patience {
	over := make(chan struct{})
	return &patience{
		timeout: x.options.HangupTimeout, closing: x.closing, over: over,
		end: sync.OnceFunc(func() { close(over) }),
	}
}

// start begins the time, if it has not begun.
func (p *patience) start() {
	if p.timer == nil {
		p.timer = time.AfterFunc(p.timeout, p.end)
	}
}

// hurry shortens the time, because the process wants to end.
func (p *patience) hurry() {
	p.closing = nil
	p.stop()
	p.timer = time.AfterFunc(min(closeTimeout, p.timeout), p.end)
}

// stop frees the timer.
func (p *patience) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}
