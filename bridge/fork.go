package bridge

import (
	"log/slog"
	"sync"
)

// forkLeg makes several dialled legs look like one callee. The newest branch that sent early media is heard;
// the first that answers wins, and the others are hung up, also those that answer too late. If all
// fail, the best response is told.
type forkLeg struct {
	exchange *Exchange
	log      *slog.Logger
	branches []Leg
	events   chan Event
	media    *forkMedia
	// hung is closed by the first Hangup.
	hung chan struct{}

	// mu guards what follows; it is never held across a command to a branch.
	mu sync.Mutex
	// active is the branch that gets commands: the winner, before that the one that is heard; nil before that.
	active Leg
	// winner is the branch that answered first; nil before that.
	winner Leg
	// hangup is the cause given to Hangup; nil before that.
	hangup *Cause
}

// branchEvent is an event of one branch; ok is false when its channel was closed.
type branchEvent struct {
	branch Leg
	event  Event
	ok     bool
}

// dialAll rings all targets at once, and gives them as one leg.
func (x *Exchange) dialAll(log *slog.Logger, targets []Target, request Request) Leg {
	branches := make([]Leg, len(targets))
	for i, target := range targets {
		branches[i] = x.dial(target, request)
	}
	if len(branches) == 1 {
		return branches[0]
	}
	fork := &forkLeg{
		exchange: x, log: log, branches: branches,
		events: make(chan Event), media: newForkMedia(), hung: make(chan struct{}),
	}
	// Not spawn: it is called by a call, so Run still waits, even if the Exchange has been closed by now.
	x.work.Go(func() { x.guard(log, fork.run) })
	return fork
}

// dial rings one target, with an offer of what may be used with it.
func (x *Exchange) dial(target Target, request Request) Leg {
	request.To = target.URI
	if restricted, ok := target.Endpoint.(Restricted); ok && request.Offer != nil {
		offer := offerWithin(*request.Offer, restricted.Codecs())
		request.Offer = &offer
	}
	return target.Endpoint.Dial(request)
}

// run joins the events of the branches into one stream, ends it, and then hears out the branches that are left.
func (f *forkLeg) run() {
	merged, quit := make(chan branchEvent), make(chan struct{})
	var readers sync.WaitGroup
	defer readers.Wait()
	defer close(quit)
	for _, branch := range f.branches {
		readers.Go(func() { forward(branch, merged, quit) })
	}
	race := &forkRace{forkLeg: f, left: len(f.branches), patience: f.exchange.newPatience()}
	defer race.patience.stop()
	func() {
		defer close(f.events)
		race.run(merged)
	}()
	race.hearOut(merged)
}

// forward passes the events of a branch on, and its end.
func forward(branch Leg, merged chan<- branchEvent, quit <-chan struct{}) {
	for {
		var next branchEvent
		select {
		case event, ok := <-branch.Events():
			next = branchEvent{branch, event, ok}
		case <-quit:
			return
		}
		select {
		case merged <- next:
		case <-quit:
			return
		}
		if _, ended := next.event.(Ended); ended || !next.ok {
			return
		}
	}
}

// Info says what is known of the winner, or before there is one of the branch that is heard, or of the first one.
func (f *forkLeg) Info() LegInfo {
	if active := f.current(); active != nil {
		return active.Info()
	}
	info := f.branches[0].Info()
	info.Dialog = DialogID{}
	return info
}

// infos says what is known of each branch.
func (f *forkLeg) infos() []LegInfo {
	infos := make([]LegInfo, len(f.branches))
	for i, branch := range f.branches {
		infos[i] = branch.Info()
	}
	return infos
}

// Events gives the joined events.
func (f *forkLeg) Events() <-chan Event { return f.events }

// Media is the media of whichever branch is heard.
func (f *forkLeg) Media() Media { return f.media }

// Offer goes to the winner.
func (f *forkLeg) Offer(offer Description) { f.command(func(leg Leg) { leg.Offer(offer) }) }

// Accept goes to the winner.
func (f *forkLeg) Accept(answer Description) { f.command(func(leg Leg) { leg.Accept(answer) }) }

// Refuse goes to the winner.
func (f *forkLeg) Refuse(cause Cause) { f.command(func(leg Leg) { leg.Refuse(cause) }) }

// SetDirection goes to the winner.
func (f *forkLeg) SetDirection(direction Direction) {
	f.command(func(leg Leg) { leg.SetDirection(direction) })
}

// SendDTMF goes to the winner, or to the branch that is heard.
func (f *forkLeg) SendDTMF(key DTMF) { f.command(func(leg Leg) { leg.SendDTMF(key) }) }

// LimitPictures goes there, too.
func (f *forkLeg) LimitPictures(bitrate uint64) {
	f.command(func(leg Leg) { leg.LimitPictures(bitrate) })
}

// AskKeyframe goes to the winner, or to the branch that is heard.
func (f *forkLeg) AskKeyframe() { f.command(func(leg Leg) { leg.AskKeyframe() }) }

// Tell goes to the winner.
func (f *forkLeg) Tell(message Message, done func(Cause)) {
	f.command(func(leg Leg) { leg.Tell(message, done) })
}

// Refer goes to the winner.
func (f *forkLeg) Refer(referral Referral) { f.command(func(leg Leg) { leg.Refer(referral) }) }

// Introduce goes to the winner, if it can tell its party.
func (f *forkLeg) Introduce(other ConnectedIdentity) {
	f.command(func(leg Leg) {
		if introduced, ok := leg.(Introduced); ok {
			introduced.Introduce(other)
		}
	})
}

// TransferProgress goes to the winner.
func (f *forkLeg) TransferProgress(cause Cause) {
	f.command(func(leg Leg) { leg.TransferProgress(cause) })
}

// Hangup goes to all branches, also to losers that have heard it already; from then on nobody can win.
func (f *forkLeg) Hangup(cause Cause) {
	f.mu.Lock()
	if f.hangup == nil {
		f.hangup = &cause
		close(f.hung)
	}
	f.mu.Unlock()
	for _, branch := range f.branches {
		branch.Hangup(cause)
	}
}

func (f *forkLeg) command(do func(Leg)) {
	if active := f.current(); active != nil {
		do(active)
	}
}

func (f *forkLeg) current() Leg {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.active
}

// win makes a branch the winner, unless there is one or the fork was hung up.
func (f *forkLeg) win(branch Leg) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.winner != nil || f.hangup != nil {
		return false
	}
	f.winner, f.active = branch, branch
	return true
}

// hear makes a branch the active one while there is no winner.
func (f *forkLeg) hear(branch Leg) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.winner != nil || f.hangup != nil {
		return false
	}
	f.active = branch
	return true
}

// won tells whether a branch has answered, and whether it is this one.
func (f *forkLeg) won(branch Leg) (anyone, this bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.winner != nil, f.winner == branch
}

// emit hands an event to the call, or drops it once the call has hung up.
func (f *forkLeg) emit(event Event) {
	select {
	case f.events <- event:
	case <-f.hung:
	}
}

// emitEnded hands over the last event. A call that waits no more does not hold it up.
func (f *forkLeg) emitEnded(cause Cause, patience *patience) {
	for {
		select {
		case f.events <- Ended{Cause: cause}:
			return
		case <-patience.closing:
			patience.hurry()
		case <-patience.over:
			return
		}
	}
}
