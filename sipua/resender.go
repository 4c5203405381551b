package sipua

import "time"

// resender repeats a 200 to an INVITE at T1, doubling to T2, until stopped; after 64*T1 it gives up
// (RFC 3261 section 13.3.1.4). All of it runs in the leg's goroutine.
type resender struct {
	// sequence is the CSeq number of the INVITE, and so of the ACK that is waited for.
	sequence uint32
	send     func()
	giveUp   func()
	after    after
	wait     time.Duration
	passed   time.Duration
	timer    *time.Timer
}

func newResender(sequence uint32, after after, send, giveUp func()) *resender {
	r := &resender{sequence: sequence, send: send, giveUp: giveUp, after: after, wait: t1}
	r.timer = after(r.wait, r.fire)
	return r
}

func (r *resender) fire() {
	if r.timer == nil {
		return
	}
	r.passed += r.wait
	if r.passed >= transactionTime {
		r.timer = nil
		r.giveUp()
		return
	}
	r.send()
	r.wait = min(2*r.wait, t2)
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
