package bridge_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
)

func listening(o *bridge.ExchangeOptions) { o.Listen = 10 * time.Millisecond }

// TestUnheardPartyIsTold has a callee whose packets come from elsewhere, until they do not any more.
func TestUnheardPartyIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t, listening)
	caller, callee := f.call(t)
	fine := bridge.MediaStats{Audio: quality.Stats{Reliable: true}}
	caller.FakeMedia().SetStats(fine)
	callee.FakeMedia().SetStats(bridge.MediaStats{Audio: quality.Stats{
		WrongSource: 7, Stranger: netip.MustParseAddrPort("192.0.2.9:4000"),
	}})
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	const why = "caller does not hear callee: packets come from 192.0.2.9:4000"
	bridgetest.Eventually(t, "the warning", func() bool { return strings.Contains(f.log.String(), why) })
	bridgetest.Eventually(t, "the live call", func() bool { return strings.Contains(f.Calls()[0].Unheard, why) })
	callee.FakeMedia().SetStats(fine)
	bridgetest.Eventually(t, "all is well", func() bool {
		return strings.Contains(f.log.String(), "both parties are heard again")
	})
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Eventually(t, "the hold", func() bool {
		return strings.Contains(f.Calls()[0].Unheard, "caller does not hear callee: caller holds")
	})
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); !strings.Contains(record.Unheard, "caller holds") {
		t.Errorf("the record says %q", record.Unheard)
	}
	if got := f.Stats().Unheard; got[quality.WrongSource] != 1 || got[quality.Never] != 0 {
		t.Errorf("counted %v", got)
	}
	if warnings := strings.Count(f.log.String(), "level=WARN"); warnings != 1 {
		t.Errorf("%d warnings: %s", warnings, f.log)
	}
}

// TestPicturesAloneAreNotListenedTo has a call without sound, which is looked at some times.
func TestPicturesAloneAreNotListenedTo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, listening)
	caller, _ := f.shown(t, bridge.SendRecv, bridge.SendRecv)
	bridgetest.Eventually(t, "some looks", func() bool {
		return time.Since(f.Calls()[0].Started) > 100*time.Millisecond
	})
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.Unheard != "" || strings.Contains(f.log.String(), "WARN") {
		t.Errorf("the record says %q, the log %s", record.Unheard, f.log)
	}
}

// TestUnheardAtTheEnd has a call that is over before it is looked at for the first time.
func TestUnheardAtTheEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Listen = time.Hour })
	caller, _ := f.answered(t)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.Unheard != "" {
		t.Errorf("of a call that was over at once the record says %q", record.Unheard)
	}
	f = newFixture(t, listening)
	caller, _ = f.answered(t)
	bridgetest.Eventually(t, "both are told", func() bool { return f.Calls()[0].Unheard != "" })
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	const both = "callee does not hear caller: no packet ever came from caller; " +
		"caller does not hear callee: no packet ever came from callee"
	if record := f.observer.AwaitEnded(t); record.Unheard != both {
		t.Errorf("the record says %q", record.Unheard)
	}
	bridgetest.Eventually(t, "the story", func() bool { return strings.Contains(f.log.String(), `unheard="`+both+`"`) })
}
