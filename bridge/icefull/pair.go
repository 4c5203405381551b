package icefull

import (
	"time"

	"github.com/pion/stun/v4"
)

// state is that of a pair (RFC 8445 section 6.1.2.6).
type state uint8

const (
	waiting state = iota
	inProgress
	succeeded
	failed
)

const (
	// firstWait is how long an answer to a check is awaited; each further wait is twice as long, longestWait at most
	// (RFC 8445 section 14.3).
	firstWait   = 500 * time.Millisecond
	longestWait = 4 * time.Second
	// maxTries is how often a check is sent.
	maxTries = 7
)

// pair is our candidate of a component and one of the peer's.
type pair struct {
	Candidate

	state state
	// triggered tells that the peer's check asked for ours, or that we nominate: it goes before others.
	triggered bool
	// nominating tells that our checks nominate it; wanted, that the peer's have done so.
	nominating, wanted bool
	// worksSince is when its first check succeeded.
	worksSince time.Time

	// check is the one under way, with what role it was sent, how often, and until when its answer is awaited.
	check       *stun.Message
	controlling bool
	tries       int
	until       time.Time
	// consent is what the peer says of its media here, once the pair is in use.
	consent consent
	// done is the check that was under way before: more answers to it change nothing.
	done [stun.TransactionIDSize]byte
}

// priority puts pairs in order (RFC 8445 section 6.1.2.3).
func (p *pair) priority(controlling bool) uint64 {
	ours, theirs := uint64(HostPriority(p.Component)), uint64(p.Priority)
	if !controlling {
		ours, theirs = theirs, ours
	}
	priority := min(ours, theirs)<<32 + 2*max(ours, theirs)
	if ours > theirs {
		priority++
	}
	return priority
}

// isOpen tells whether it may yet be found to work.
func (p *pair) isOpen() bool { return p.state == waiting || p.state == inProgress }

// trigger has it checked, or what is under way repeated, at once, unless the peer has given it up.
func (p *pair) trigger(now time.Time) {
	if p.consent.revoked {
		return
	}
	p.triggered = true
	if p.state == inProgress {
		p.until = now
		p.tries = max(p.tries-1, 0) // it costs none
		return
	}
	p.state = waiting
}

// fail gives it up.
func (p *pair) fail() {
	p.state, p.triggered, p.nominating = failed, false, false
	p.finish()
}

// finish ends the check that is under way.
func (p *pair) finish() {
	if p.check != nil {
		p.check, p.done = nil, p.check.TransactionID
	}
}

// wait is how long the answer to a check that was sent so often is awaited.
func wait(tries int) time.Duration { return min(firstWait<<(tries-1), longestWait) }
