package sipua

import (
	"time"

	"sipbridge/sipua/transaction"
)

// after runs work once the delay has passed. A test may set another one, for which time runs faster.
type after func(delay time.Duration, work func()) *time.Timer

// resender repeats a response to an INVITE, first after T1 and then after twice the time each, until stopped; after
// 64*T1 it gives up. It is for the 200 (RFC 3261 section 13.3.1.4), for which the waits grow to T2, and for reliable
// provisional responses (RFC 3262 section 3), for which they have no limit. All of it runs in the leg's goroutine.
type resender struct {
	send    func()
	giveUp  func()
	after   after
	wait    time.Duration
	longest time.Duration
	passed  time.Duration
	timer   *time.Timer
}

func newResender(longest time.Duration, after after, send, giveUp func()) *resender {
	r := &resender{send: send, giveUp: giveUp, after: after, wait: transaction.T1, longest: longest}
	r.timer = after(r.wait, r.fire)
	return r
}

func (r *resender) fire() {
	if r.timer == nil {
		return
	}
	r.passed += r.wait
	if r.passed >= transaction.Timeout {
		r.timer = nil
		r.giveUp()
		return
	}
	r.send()
	r.wait = min(2*r.wait, r.longest, transaction.Timeout-r.passed)
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
