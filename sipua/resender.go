package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// resender repeats a 200 to an INVITE at T1, doubling to T2, until stopped; after 64*T1 it gives up
// (RFC 3261 section 13.3.1.4). All of it runs in the leg's goroutine.
type resender struct {
	send   func()
	giveUp func()
	after  func(time.Duration, func()) *time.Timer
	wait   time.Duration
	passed time.Duration
	timer  *time.Timer
}

func newResender(after func(time.Duration, func()) *time.Timer, send, giveUp func()) *resender {
	r := &resender{send: send, giveUp: giveUp, after: after, wait: sip.T1}
	r.timer = after(r.wait, r.fire)
	return r
}

func (r *resender) fire() {
	if r.timer == nil {
		return
	}
	r.passed += r.wait
	if r.passed >= 64*sip.T1 {
		r.timer = nil
		r.giveUp()
		return
	}
	r.send()
	r.wait = min(2*r.wait, sip.T2)
	r.timer = r.after(r.wait, r.fire)
}

// stop is safe on a nil resender.
func (r *resender) stop() {
	if r == nil || r.timer == nil {
		return
	}
	r.timer.Stop()
	r.timer = nil
}
