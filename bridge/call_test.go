package bridge_test

import (
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

func TestCallIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request(bridgetest.Opus(), bridgetest.PCMU()))
	if got := callee.Request; got.To != "sip:bob@test" || got.User != "alice@test" || got.Replaces != nil {
		t.Errorf("dialled with %+v", got)
	}
	callee.Emit(bridge.Ringing{})
	if ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg); ring.Early != nil {
		t.Errorf("rang with early media %+v", ring.Early)
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMU())
	passes(t, caller.Leg, callee.Leg, 0)
	passes(t, callee.Leg, caller.Leg, 0)
}

func TestCodecsAreTranscodedWhereNoneIsShared(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request(bridgetest.PCMA()))
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	if packet := passes(t, caller.Leg, callee.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("callee got payload type %d, want 0", packet.PayloadType)
	}
	if packet := passes(t, callee.Leg, caller.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("caller got payload type %d, want 8", packet.PayloadType)
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	record := f.observer.AwaitEnded(t)
	if record.CallerPath != "PCMA/8000 -> decode 8000 -> PCMU/8000" || record.CalleeCodec != "PCMU/8000" {
		t.Errorf("the record says %q, %q", record.CallerPath, record.CalleeCodec)
	}
}

func TestEarlyMediaFixesTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request(bridgetest.Opus(), bridgetest.PCMU(), bridgetest.PCMA()))
	callee.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	early := bridgetest.AudioIn(bridge.SendOnly, bridgetest.PCMU())
	callee.Emit(bridge.Ringing{Early: &early})
	ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	if ring.Early == nil {
		t.Fatal("rang without the early media")
	}
	checkAudio(t, *ring.Early, bridge.SendRecv, bridgetest.PCMU())
	passes(t, callee.Leg, caller.Leg, 0)

	callee.Emit(bridge.Ringing{Early: &early})
	callee.Emit(bridge.Ringing{})
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMU())
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("callee got payload type %d, want 8: it answered PCMA in the end", packet.PayloadType)
	}
	if rings := bridgetest.Count[bridgetest.Ring](caller.Leg); rings != 2 {
		t.Errorf("rang %d times, want 2: plain, and with early media", rings)
	}
}

func TestUnusableEarlyMediaIsPlainRinging(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	odd := bridgetest.Audio(transcode.Format{Codec: transcode.Codec{Name: "G729", ClockRate: 8000}, PayloadType: 18})
	callee.Emit(bridge.Ringing{Early: &odd})
	if ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg); ring.Early != nil {
		t.Errorf("rang with %+v", ring.Early)
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	passes(t, callee.Leg, caller.Leg, 0)
}

func TestHeldAnswerAfterEarlyMediaIsToldLater(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	early := bridgetest.Audio(bridgetest.PCMU())
	callee.Emit(bridge.Ringing{Early: &early})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	callee.Emit(bridge.Answered{Answer: bridgetest.AudioIn(bridge.SendOnly, bridgetest.PCMU())})
	checkAudio(t, bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer, bridge.SendRecv, bridgetest.PCMU())
	if told := bridgetest.Await[bridgetest.SetDirection](t, caller.Leg); told.Direction != bridge.SendOnly {
		t.Errorf("the caller was told %v, want sendonly", told.Direction)
	}
}

func TestCalleesFailureReachesTheCaller(t *testing.T) {
	t.Parallel()
	challenge := []bridge.Header{{Name: "Proxy-Authenticate", Value: `Digest realm="x"`}}
	for _, test := range []struct {
		name   string
		cause  bridge.Cause
		status int
	}{
		{"busy", bridge.Cause{Status: 486, Text: "Busy Here"}, 486},
		{"declined", bridge.Cause{Status: 603, Text: "Decline"}, 603},
		{"not found", bridge.Cause{Status: 404}, 404},
		{"timeout", bridge.Cause{Status: 408}, 408},
		{"unavailable", bridge.Cause{Status: 480}, 480},
		{"media", bridge.Cause{Status: 488}, 488},
		{"overload", bridge.Cause{Status: 503}, 503},
		{"challenge", bridge.Cause{Status: 407, Headers: challenge}, 407},
		{"redirection", bridge.Cause{Status: 302}, 480},
		{"normal end", bridge.Normal(), 480},
		{"no status", bridge.Cause{}, 480},
		{"nonsense", bridge.Cause{Status: 777}, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			caller, callee := f.call(t)
			callee.Emit(bridge.Ringing{})
			callee.Emit(bridge.Ended{Cause: test.cause})
			got := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause
			if got.Status != test.status || len(got.Headers) != len(test.cause.Headers) {
				t.Errorf("the caller was told %+v, want status %d and the headers", got, test.status)
			}
			record := f.observer.AwaitEnded(t)
			if record.EndedBy != "callee" || !record.Answered.IsZero() {
				t.Errorf("the record says %+v", record)
			}
			if bridgetest.Count[bridgetest.Hangup](callee.Leg) != 0 {
				t.Error("the callee was hung up after its end")
			}
		})
	}
}

func TestFailuresAreCountedByClass(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, status := range []int{404, 486, 503} {
		_, callee := f.call(t)
		callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: status}})
		f.observer.AwaitEnded(t)
	}
	stats := f.Stats()
	if stats.Started != 3 || stats.Failed[4] != 2 || stats.Failed[5] != 1 || stats.Answered != 0 {
		t.Errorf("counted %+v", stats)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, rang := range []bool{false, true} {
		f := newFixture(t)
		caller, callee := f.call(t)
		if rang {
			callee.Emit(bridge.Ringing{})
			bridgetest.Await[bridgetest.Ring](t, caller.Leg)
		}
		caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487, Text: "Request Terminated"}})
		if got := bridgetest.Await[bridgetest.Hangup](t, callee.Leg).Cause; got.Status != 487 {
			t.Errorf("the callee was told %+v, want 487", got)
		}
		if record := f.observer.AwaitEnded(t); record.EndedBy != "caller" {
			t.Errorf("ended by %q, want caller", record.EndedBy)
		}
		if stats := f.Stats(); stats.Cancelled != 1 || stats.Active != 0 {
			t.Errorf("counted %+v", stats)
		}
	}
}

// The 200 of the callee and the CANCEL of the caller cross: whichever the call sees first, both legs end.
func TestCancelCrossesAnswer(t *testing.T) {
	t.Parallel()
	for range 50 {
		f := newFixture(t)
		f.phone.Prepare = func(d bridgetest.Dialled) { d.Stubborn = true }
		caller, callee := f.call(t)
		go callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
		bridgetest.Await[bridgetest.Hangup](t, callee.Leg)
		callee.Emit(bridge.Ended{Cause: bridge.Normal()})
		if record := f.observer.AwaitEnded(t); record.EndedBy != "caller" {
			t.Fatalf("ended by %q, want caller", record.EndedBy)
		}
		f.shutDown(t)
	}
}

func TestHangupByEitherSide(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"caller", "callee"} {
		f := newFixture(t)
		caller, callee := f.answered(t)
		from, to := caller.Leg, callee.Leg
		if by == "callee" {
			from, to = to, from
		}
		from.FakeMedia().SetStats(bridge.MediaStats{Audio: quality.Stats{Received: 7, Lost: 2}})
		from.Emit(bridge.Ended{Cause: bridge.Normal()})
		if got := bridgetest.Await[bridgetest.Hangup](t, to).Cause; got.Status != 200 {
			t.Errorf("the other leg was told %+v, want 200", got)
		}
		record := f.observer.AwaitEnded(t)
		media := record.CallerMedia.Audio
		if by == "callee" {
			media = record.CalleeMedia.Audio
		}
		if record.EndedBy != by || media.Received != 7 || media.Lost != 2 {
			t.Errorf("the record says %+v", record)
		}
		if stats := f.Stats(); stats.Answered != 1 || stats.Cancelled != 0 || stats.Failed != [7]uint64{} {
			t.Errorf("counted %+v", stats)
		}
		bridgetest.Eventually(t, "the log line", func() bool { return f.log.String() != "" })
		for _, word := range []string{
			"call ended", `call_ids="` + callID(caller.Leg) + " " + callID(callee.Leg), "ended_by=" + by,
			"from=sip:alice@test", "PCMU/8000 -> PCMU/8000", "_media.lost=2",
		} {
			if !strings.Contains(f.log.String(), word) {
				t.Errorf("the log has no %q: %s", word, f.log)
			}
		}
		if lines := strings.Count(f.log.String(), "\n"); lines != 1 {
			t.Errorf("%d log lines, want 1: %s", lines, f.log)
		}
	}
}

func TestBothLegsEndAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		f := newFixture(t)
		caller, callee := f.answered(t)
		go caller.Emit(bridge.Ended{Cause: bridge.Normal()})
		callee.Emit(bridge.Ended{Cause: bridge.Normal()})
		f.observer.AwaitEnded(t)
		if active := f.Stats().Active; active != 0 {
			t.Fatalf("%d calls are active", active)
		}
		f.shutDown(t)
	}
}

func TestRingTimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Ring = 30 * time.Millisecond })
	caller, callee := f.call(t)
	if got := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; got.Status != 408 {
		t.Errorf("the caller was told %+v, want 408", got)
	}
	bridgetest.Await[bridgetest.Hangup](t, callee.Leg)
	if record := f.observer.AwaitEnded(t); record.EndedBy != "bridge" || record.Cause.Status != 408 {
		t.Errorf("the record says %+v", record)
	}
}

func TestLongestCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Longest = 30 * time.Millisecond })
	caller, callee := f.answered(t)
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		if got := bridgetest.Await[bridgetest.Hangup](t, leg).Cause; got.Status != 200 {
			t.Errorf("%s was told %+v, want a normal end", leg.Info().ID, got)
		}
	}
}

func TestStubbornLegIsAbandoned(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.HangupTimeout = 30 * time.Millisecond })
	f.phone.Prepare = func(d bridgetest.Dialled) { d.Stubborn = true }
	caller, _ := f.answered(t)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	if stats := f.Stats(); stats.Abandoned != 1 {
		t.Errorf("%d legs abandoned, want 1", stats.Abandoned)
	}
}

func TestRefusedBeforeDialling(t *testing.T) {
	t.Parallel()
	nothing := bridge.Description{Media: []bridge.MediaDescription{{Kind: transcode.Video}}}
	for _, test := range []struct {
		name   string
		change func(*bridge.Request)
		router bridge.Router
		status int
	}{
		{"no route", nil, refuse(bridge.Cause{Status: 404}), 404},
		{"router fails", nil, refuse(errBroken), 500},
		{"nobody registered", nil, bridgetest.RouteTo(), 480},
		{"nothing offered", func(r *bridge.Request) { r.Offer = &nothing }, bridgetest.RouteTo(), 488},
		{"loop", func(r *bridge.Request) { r.MaxForwards = 1 }, bridgetest.RouteTo(), 483},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Router = test.router })
			asked := request(bridgetest.PCMU())
			if test.change != nil {
				test.change(&asked)
			}
			caller := bridgetest.NewIncoming(asked, bridge.LegInfo{})
			f.Accept(caller)
			if got := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; got.Status != test.status {
				t.Errorf("the caller was told %+v, want %d", got, test.status)
			}
			if record := f.observer.AwaitEnded(t); record.EndedBy != "bridge" {
				t.Errorf("ended by %q, want bridge", record.EndedBy)
			}
		})
	}
}

func TestHopsAreCountedDown(t *testing.T) {
	t.Parallel()
	for in, out := range map[int]int{0: 0, 2: 1, 70: 69} {
		f := newFixture(t)
		asked := request(bridgetest.PCMU())
		asked.MaxForwards = in
		if _, callee := f.callWith(t, asked); callee.Request.MaxForwards != out {
			t.Errorf("%d hops became %d, want %d", in, callee.Request.MaxForwards, out)
		}
	}
}

func TestCalleeAnswersWithNothingUsable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio()})
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		if got := bridgetest.Await[bridgetest.Hangup](t, leg).Cause; got.Status != 488 {
			t.Errorf("%s was told %+v, want 488", leg.Info().ID, got)
		}
	}
	if bridgetest.Count[bridgetest.Answer](caller.Leg) != 0 {
		t.Error("the caller was answered")
	}
}

// checkAudio checks that the first section is audio in a direction with the formats, and all others are refused.
func checkAudio(
	t *testing.T, got bridge.Description, direction bridge.Direction, formats ...transcode.Format,
) {
	t.Helper()
	if want := bridgetest.AudioIn(direction, formats...); !got.SameMedia(want) {
		t.Errorf("got %+v, want %+v", got, want)
		return
	}
	if audio := got.Media[0]; audio.Direction != direction {
		t.Errorf("direction is %v, want %v", audio.Direction, direction)
	}
}

const errBroken = brokenError("the router is broken")

type brokenError string

func (e brokenError) Error() string { return string(e) }

func refuse(err error) bridge.Router {
	return bridgetest.RouterFunc(func(bridge.Request) ([]bridge.Target, error) { return nil, err })
}
