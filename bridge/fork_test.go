package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// forked is a call that rings several phones.
type forked struct {
	*fixture

	caller   *bridgetest.Incoming
	branches []bridgetest.Dialled
}

func newFork(
	t *testing.T, count int, prepare func(bridgetest.Dialled), change ...func(*bridge.ExchangeOptions),
) *forked {
	t.Helper()
	phones := make([]*bridgetest.Endpoint, count)
	targets := make([]bridge.Target, count)
	for i := range phones {
		name := string(rune('a' + i))
		phones[i] = bridgetest.NewEndpoint(name)
		phones[i].Prepare = prepare
		targets[i] = bridge.Target{Endpoint: phones[i], URI: "sip:" + name + "@test"}
	}
	router := bridgetest.RouterFunc(func(bridge.Request) ([]bridge.Target, error) { return targets, nil })
	change = append(change, func(o *bridge.ExchangeOptions) { o.Router = router })
	f := &forked{fixture: newFixture(t, change...)}
	f.caller = bridgetest.NewIncoming(request(bridgetest.Opus(), bridgetest.PCMU(), bridgetest.PCMA()), bridge.LegInfo{})
	f.Accept(f.caller)
	for _, phone := range phones {
		f.branches = append(f.branches, phone.AwaitDial(t))
	}
	return f
}

func TestForkFirstAnswerWins(t *testing.T) {
	t.Parallel()
	f := newFork(t, 3, nil)
	if got := f.branches[2].Request.To; got != "sip:c@test" {
		t.Errorf("the third phone was asked for as %s", got)
	}
	f.branches[0].Emit(bridge.Ringing{})
	f.branches[1].Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, f.caller.Leg)
	f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, f.caller.Leg)
	for _, loser := range []int{0, 2} {
		cause := bridgetest.Await[bridgetest.Hangup](t, f.branches[loser].Leg).Cause
		if cause.Status != 200 || cause.Text != "Call completed elsewhere" {
			t.Errorf("loser %d was told %+v", loser, cause)
		}
	}
	passes(t, f.caller.Leg, f.branches[1].Leg, 0)
	passes(t, f.branches[1].Leg, f.caller.Leg, 0)

	f.caller.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '7'}})
	bridgetest.Await[bridgetest.SendDTMF](t, f.branches[1].Leg)
	f.caller.Emit(bridge.KeyframeAsked{})
	bridgetest.Await[bridgetest.AskKeyframe](t, f.branches[1].Leg)
	f.caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Await[bridgetest.SetDirection](t, f.branches[1].Leg)
	f.branches[1].Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Accept](t, f.branches[1].Leg)
	f.branches[1].Emit(bridge.Offered{Offer: bridgetest.Audio()})
	bridgetest.Await[bridgetest.Refuse](t, f.branches[1].Leg)

	f.branches[1].Emit(bridge.Ended{Cause: bridge.Normal()})
	bridgetest.Await[bridgetest.Hangup](t, f.caller.Leg)
	record := f.observer.AwaitEnded(t)
	if record.EndedBy != "callee" || record.Callee.URI != "sip:b@test" || record.CalleeMedia.Audio.Received != 1 {
		t.Errorf("the record says %+v", record)
	}
	if rings := bridgetest.Count[bridgetest.Ring](f.caller.Leg); rings != 1 {
		t.Errorf("rang %d times, want once", rings)
	}
}

func TestForkLateWinnerIsHungUp(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, func(d bridgetest.Dialled) { d.Stubborn = true })
	f.branches[0].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[1].Leg)
	f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[1].Leg)
	bridgetest.Await[bridgetest.Answer](t, f.caller.Leg)
	passes(t, f.branches[0].Leg, f.caller.Leg, 0)

	// The loser ends only after the call; the winner's end is told at once.
	f.branches[0].Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[1].Leg)
	f.branches[1].Emit(bridge.Ended{Cause: bridge.Normal()})
}

func TestForkCancel(t *testing.T) {
	t.Parallel()
	f := newFork(t, 3, func(d bridgetest.Dialled) { d.Stubborn = true })
	f.branches[0].Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, f.caller.Leg)
	f.caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	for _, branch := range f.branches {
		if got := bridgetest.Await[bridgetest.Hangup](t, branch.Leg).Cause; got.Status != 487 {
			t.Errorf("%s was told %+v, want 487", branch.Info().ID, got)
		}
	}
	// A 200 that crosses the CANCEL wins nothing.
	f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[1].Leg)
	for _, branch := range f.branches {
		branch.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	}
	f.observer.AwaitEnded(t)
	if answers := bridgetest.Count[bridgetest.Answer](f.caller.Leg); answers != 0 {
		t.Error("the caller was answered after its CANCEL")
	}
}

func TestForkCancelCrossesAnswer(t *testing.T) {
	t.Parallel()
	for range 50 {
		f := newFork(t, 2, nil)
		go f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		f.caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
		f.observer.AwaitEnded(t)
		f.shutDown(t)
		for _, branch := range f.branches {
			if !branch.Ended() {
				t.Fatal("a branch was left up")
			}
		}
	}
}

func TestForkTwoAnswersAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		f := newFork(t, 2, nil)
		for _, branch := range f.branches {
			go branch.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		}
		bridgetest.Await[bridgetest.Answer](t, f.caller.Leg)
		bridgetest.Eventually(t, "one branch is hung up", func() bool {
			return f.branches[0].Ended() != f.branches[1].Ended()
		})
		f.shutDown(t)
	}
}

func TestForkNewestEarlyMediaIsHeard(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, nil)
	first, second := f.branches[0], f.branches[1]
	pcmu, pcma := bridgetest.Audio(bridgetest.PCMU()), bridgetest.Audio(bridgetest.PCMA())
	first.Emit(bridge.Ringing{Early: &pcmu})
	ring := bridgetest.Await[bridgetest.Ring](t, f.caller.Leg)
	checkAudio(t, *ring.Early, bridge.SendRecv, bridgetest.PCMU())
	passes(t, first.Leg, f.caller.Leg, 0)

	second.Emit(bridge.Ringing{Early: &pcma})
	if packet := passes(t, second.Leg, f.caller.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("the caller got payload type %d, want 0", packet.PayloadType)
	}
	first.FakeMedia().AwaitUnplugged(t, transcode.Audio)
	f.caller.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '3'}})
	bridgetest.Await[bridgetest.SendDTMF](t, second.Leg)

	first.Emit(bridge.Ringing{Early: &pcmu}) // its 183 once more is nothing new
	first.Emit(bridge.Offered{Offer: pcmu})
	bridgetest.Await[bridgetest.Refuse](t, first.Leg)
	if first.FakeMedia().Plugged(transcode.Audio) {
		t.Error("the older branch is heard again")
	}
	first.Emit(bridge.Answered{Answer: pcmu})
	answer := bridgetest.Await[bridgetest.Answer](t, f.caller.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMU())
	passes(t, first.Leg, f.caller.Leg, 0)
	passes(t, f.caller.Leg, first.Leg, 0)
	second.FakeMedia().AwaitUnplugged(t, transcode.Audio)
	if rings := bridgetest.Count[bridgetest.Ring](f.caller.Leg); rings != 1 {
		t.Errorf("rang %d times, want once: the answer is fixed", rings)
	}
}

func TestForkBestFailure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		statuses []int
		want     int
	}{
		{"one class", []int{404, 408}, 404},
		{"lowest class", []int{503, 404, 500}, 404},
		{"busy before unreachable", []int{408, 486, 480}, 486},
		{"challenge first", []int{486, 407, 480}, 407},
		{"unauthorised first", []int{486, 480, 401}, 401},
		{"address incomplete", []int{404, 484}, 484},
		{"bad extension", []int{404, 420}, 420},
		{"media type", []int{486, 415}, 415},
		{"redirection is none", []int{486, 302}, 486},
		{"only redirections", []int{302, 301}, 480},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFork(t, len(test.statuses), nil)
			for i, status := range test.statuses {
				f.branches[i].Emit(bridge.Ended{Cause: bridge.Cause{Status: status}})
			}
			if got := bridgetest.Await[bridgetest.Hangup](t, f.caller.Leg).Cause; got.Status != test.want {
				t.Errorf("the caller was told %+v, want %d", got, test.want)
			}
		})
	}
}

// A 6xx ends the others at once, and even a crossing 200 does not win any more.
func TestForkDeclined(t *testing.T) {
	t.Parallel()
	f := newFork(t, 3, func(d bridgetest.Dialled) { d.Stubborn = true })
	f.branches[0].Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	f.branches[1].Emit(bridge.Ended{Cause: bridge.Cause{Status: 603, Text: "Decline"}})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[2].Leg)
	f.branches[2].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Hangup](t, f.branches[2].Leg)
	f.branches[2].Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	if got := bridgetest.Await[bridgetest.Hangup](t, f.caller.Leg).Cause; got.Status != 603 {
		t.Errorf("the caller was told %+v, want 603", got)
	}
}

func TestForkOneFailsOneAnswers(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, nil)
	f.branches[0].Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	f.branches[1].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, f.caller.Leg)
	passes(t, f.branches[1].Leg, f.caller.Leg, 0)
}

func TestForkWithStubbornBranches(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, func(d bridgetest.Dialled) { d.Stubborn = true },
		func(o *bridge.ExchangeOptions) { o.HangupTimeout = 30 * time.Millisecond })
	f.caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	f.observer.AwaitEnded(t)
	bridgetest.Eventually(t, "both are given up", func() bool { return f.Stats().Abandoned >= 2 })
}

func TestForkShutdown(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, func(d bridgetest.Dialled) { d.Stubborn = true })
	f.branches[0].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, f.caller.Leg)
	f.shutDown(t)
	for _, branch := range f.branches {
		bridgetest.Await[bridgetest.Hangup](t, branch.Leg)
	}
}

// A fault in one branch ends that call alone.
func TestForkPanic(t *testing.T) {
	t.Parallel()
	f := newFork(t, 2, func(d bridgetest.Dialled) {
		d.OnCommand = func(command bridgetest.Command) {
			if hangup, ok := command.(bridgetest.Hangup); ok && hangup.Cause.Status == 200 {
				panic("broken leg")
			}
		}
	})
	f.branches[0].Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if got := bridgetest.Await[bridgetest.Hangup](t, f.caller.Leg).Cause; got.Status != 500 {
		t.Errorf("the caller was told %+v, want 500", got)
	}
	f.observer.AwaitEnded(t)
	if !f.branches[0].Ended() || !f.branches[1].Ended() {
		t.Error("a branch was left up")
	}
}
