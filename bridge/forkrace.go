package bridge

import "slices"

// forkRace is what the goroutine of a forkLeg owns.
type forkRace struct {
	*forkLeg

	patience *patience
	// left is the number of branches that have not ended.
	left int
	// heard are the branches that sent early media, in the order in which they first did.
	heard []Leg
	// failures are the ends of branches while there is no winner, in the order in which they came.
	failures []Cause
	// declined is set by a 6xx response: nobody can win any more (RFC 3261 section 16.7, step 5).
	declined bool
}

// run emits events until Ended has been.
func (r *forkRace) run(merged <-chan branchEvent) {
	hung := r.hung
	for {
		select {
		case next := <-merged:
			if r.handle(next) {
				return
			}
		case <-hung:
			hung = nil
			r.patience.start()
		case <-r.patience.closing:
			r.patience.hurry()
		case <-r.patience.over:
			r.emitEnded(Cause{Status: 408, Text: "Request Timeout"}, r.patience)
			return
		}
	}
}

// handle does what an event of one branch asks for, and tells whether the fork has ended by it.
func (r *forkRace) handle(next branchEvent) (over bool) {
	if !next.ok {
		return r.ended(next.branch, Cause{Status: 500, Text: "Server Internal Error"})
	}
	switch event := next.event.(type) {
	case Ended:
		return r.ended(next.branch, event.Cause)
	case Answered:
		r.answered(next.branch, event)
	case Ringing:
		r.ringing(next.branch, event)
	case Offered:
		if r.current() == next.branch {
			r.emit(event)
		} else {
			next.branch.Refuse(Cause{Status: 491, Text: "Request Pending"})
		}
	default:
		if r.current() == next.branch {
			r.emit(event)
		}
	}
	return false
}

// ringing passes a branch's ringing on. Early media is heard from the branch that began it last.
func (r *forkRace) ringing(branch Leg, event Ringing) {
	if event.Early == nil {
		if decided, _ := r.won(branch); !decided {
			r.emit(event)
		}
		return
	}
	if slices.Contains(r.heard, branch) && r.current() != branch {
		return
	}
	if r.hear(branch) {
		r.heard = append(r.heard, branch)
		r.media.hear(branch.Media())
		r.emit(event)
	}
}

// answered makes the branch the winner, or hangs it up because it was too late.
func (r *forkRace) answered(branch Leg, event Answered) {
	if _, this := r.won(branch); this {
		return
	}
	if r.declined || !r.win(branch) {
		branch.Hangup(CompletedElsewhere())
		return
	}
	r.hangUpOthers(branch, CompletedElsewhere())
	r.media.hear(branch.Media())
	r.emit(event)
}

// ended takes the end of a branch, and tells whether it is the end of all.
func (r *forkRace) ended(branch Leg, cause Cause) (over bool) {
	r.left--
	decided, this := r.won(branch)
	if this {
		r.emitEnded(cause, r.patience)
		return true
	}
	if !decided {
		r.failures = append(r.failures, cause)
		if cause.Status/100 == 6 && !r.declined {
			r.declined = true
			r.hangUpOthers(branch, cause)
		}
	}
	if r.left == 0 {
		r.emitEnded(bestFailure(r.failures), r.patience)
		return true
	}
	return false
}

func (r *forkRace) hangUpOthers(branch Leg, cause Cause) {
	for _, other := range r.branches {
		if other != branch {
			other.Hangup(cause)
		}
	}
}

// hearOut waits until the branches that are left have ended: losers of a call that is over.
func (r *forkRace) hearOut(merged <-chan branchEvent) {
	r.patience.start()
	for r.left > 0 {
		select {
		case next := <-merged:
			switch next.event.(type) {
			case nil, Ended:
				r.left--
			case Answered:
				next.branch.Hangup(CompletedElsewhere())
			}
		case <-r.patience.closing:
			r.patience.hurry()
		case <-r.patience.over:
			r.exchange.counts.abandoned.Add(uint64(r.left))
			return
		}
	}
}

// bestFailure chooses what the caller is told when all branches failed (RFC 3261 section 16.7, step 6): a 6xx, else the
// lowest class; within 4xx first what asks the caller for something, and a busy phone before one that was
// not reached. Redirections count as the 480 that the caller would hear.
func bestFailure(failures []Cause) Cause {
	return slices.MinFunc(failures, func(a, b Cause) int { return rank(a) - rank(b) })
}

// rank orders failures, the best first.
func rank(cause Cause) int {
	status := finalCause(cause).Status
	switch class := status / 100; class {
	case 6:
		return 0
	case 4:
		return 400 + rankClientError(status)
	default:
		return class * 100
	}
}

func rankClientError(status int) int {
	switch status {
	case 401, 407, 415, 420, 484:
		return 0
	case 486:
		return 1
	case 408, 481, 487:
		return 3
	default:
		return 2
	}
}
