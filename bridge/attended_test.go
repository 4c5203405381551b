package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
)

// consultation is a user with two calls: one with the transferee, one with the target.
type consultation struct {
	*fixture

	// referrer and asking are the user's legs, transferee and target the other ones.
	referrer, asking, transferee, target *bridgetest.Leg
}

// consult makes both calls; the user placed them, each with its codec there.
func consult(t *testing.T, far, there bridge.Description, change ...func(*bridge.ExchangeOptions)) *consultation {
	t.Helper()
	c := &consultation{fixture: newFixture(t, change...)}
	first, second := c.call(t)
	second.Emit(bridge.Answered{Answer: far})
	bridgetest.Await[bridgetest.Answer](t, first.Leg)
	c.referrer, c.transferee = first.Leg, second.Leg
	third, fourth := c.call(t)
	fourth.Emit(bridge.Answered{Answer: there})
	bridgetest.Await[bridgetest.Answer](t, third.Leg)
	c.asking, c.target = third.Leg, fourth.Leg
	return c
}

func replacing(dialog bridge.DialogID) bridge.TransferAsked {
	return bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:carol@test", Replaces: &dialog}}
}

func TestAttendedTransfer(t *testing.T) {
	t.Parallel()
	for name, spell := range map[string]func(bridge.DialogID) bridge.DialogID{
		"by the book":     func(d bridge.DialogID) bridge.DialogID { return d },
		"tags turned":     bridge.DialogID.Reversed, // JsSIP that was called
		"both were held":  nil,
		"the call is new": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := consult(t, bridgetest.Audio(bridgetest.PCMU()), bridgetest.Audio(bridgetest.PCMA()))
			if name == "both were held" {
				for _, pair := range [][2]*bridgetest.Leg{{c.referrer, c.transferee}, {c.asking, c.target}} {
					pair[0].Emit(bridge.DirectionChanged{Direction: bridge.Inactive})
					bridgetest.Await[bridgetest.SetDirection](t, pair[1])
				}
			}
			c.target.FakeMedia().SetStats(bridge.MediaStats{Audio: quality.Stats{Received: 100}})
			dialog := c.asking.Info().Dialog
			if spell != nil {
				dialog = spell(dialog)
			}
			c.referrer.Emit(replacing(dialog))
			progress(t, c.referrer, 100, 200)
			if name == "both were held" {
				for _, leg := range []*bridgetest.Leg{c.transferee, c.target} {
					if told := bridgetest.Await[bridgetest.SetDirection](t, leg).Direction; told != bridge.SendRecv {
						t.Errorf("told %v, want sendrecv", told)
					}
				}
			}
			if got := passes(t, c.transferee, c.target, 0).PayloadType; got != 8 {
				t.Errorf("the target got payload type %d, want 8", got)
			}
			if got := passes(t, c.target, c.transferee, 8).PayloadType; got != 0 {
				t.Errorf("the transferee got payload type %d, want 0", got)
			}
			cause := bridgetest.Await[bridgetest.Hangup](t, c.asking).Cause
			if cause.Status != 200 {
				t.Errorf("the replaced leg was told %+v", cause)
			}
			consulted := c.observer.AwaitEnded(t)
			if consulted.EndedBy != "bridge" || consulted.CalleeMedia.Audio.Received != 100 {
				t.Errorf("the record of the consultation is %+v", consulted)
			}
			for _, leg := range []*bridgetest.Leg{c.transferee, c.target} {
				if bridgetest.Count[bridgetest.Offer](leg) != 0 || leg.Ended() {
					t.Errorf("%s was disturbed: %+v", leg.Info().ID, leg.Commands())
				}
			}
			c.referrer.Emit(bridge.Ended{Cause: bridge.Normal()})
			c.target.Emit(bridge.Ended{Cause: bridge.Normal()})
			bridgetest.Await[bridgetest.Hangup](t, c.transferee)
			record := c.observer.AwaitEnded(t)
			if len(record.Transfers) != 1 || !record.Transfers[0].Attended || record.Transfers[0].Status != 200 {
				t.Errorf("told %+v", record.Transfers)
			}
			if record.CallerMedia.Audio.Received != 1 { // the target's packet in this call; those before are in the other record
				t.Errorf("counted %+v", record.CallerMedia)
			}
		})
	}
}

// The target still rings in the other call: it is waited for, and the consultation ends (RFC 5589 section 7.6).
func TestAttendedTransferToARingingTarget(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	referrer, transferee := f.answered(t)
	asking, target := f.call(t)
	target.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, asking.Leg)
	referrer.Emit(replacing(asking.Info().Dialog))
	progress(t, referrer.Leg, 100, 180)
	if cause := bridgetest.Await[bridgetest.Hangup](t, asking.Leg).Cause; cause.Status != 480 {
		t.Errorf("the replaced caller was told %+v", cause)
	}
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, referrer.Leg, 200)
	passes(t, target.Leg, transferee.Leg, 0)
	reaches(t, transferee.Leg, target.Leg, 0)
}

func TestAttendedTransferIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*consultation, *bridge.Referral)
		status int
	}{
		{
			"of somebody else", func(c *consultation, _ *bridge.Referral) {
				info := c.asking.Info()
				info.User = "mallory@test"
				c.asking.SetInfo(info)
			}, 403,
		},
		{
			"by nobody", func(c *consultation, _ *bridge.Referral) {
				info := c.referrer.Info()
				info.Origin = bridge.OriginUnknown
				c.referrer.SetInfo(info)
			}, 403,
		},
		{
			"early only", func(_ *consultation, r *bridge.Referral) { r.EarlyOnly = true }, 486,
		},
		{
			"of its own call", func(c *consultation, r *bridge.Referral) {
				dialog := c.referrer.Info().Dialog
				r.Replaces = &dialog
			}, 491,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := consult(t, bridgetest.Audio(bridgetest.PCMU()), bridgetest.Audio(bridgetest.PCMU()))
			asked := replacing(c.asking.Info().Dialog)
			test.change(c, &asked.Referral)
			c.referrer.Emit(asked)
			progress(t, c.referrer, 100, test.status)
			passes(t, c.referrer, c.transferee, 0)
			passes(t, c.target, c.asking, 0)
		})
	}
}

// A referrer that names nobody is shown as it was asked for, not at the address where it was found.
func TestReferrerIsShownAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, callee := f.answered(t)
	callee.Emit(bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:carol@test"}})
	target := f.phone.AwaitDial(t)
	if got := target.Request; got.ReferredBy != "<sip:bob@test>" || got.From.URI != "sip:alice@test" {
		t.Errorf("dialled with %+v", got)
	}
}

// A dialog that is not ours is for the target to find.
func TestAttendedTransferToAForeignDialog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	foreign := bridge.DialogID{CallID: "theirs", LocalTag: "a", RemoteTag: "b"}
	asked := replacing(foreign)
	asked.Referral.EarlyOnly = true
	caller.Emit(asked)
	progress(t, caller.Leg, 100)
	target := f.phone.AwaitDial(t)
	if got := target.Request; got.Replaces == nil || *got.Replaces != foreign || !got.EarlyOnly {
		t.Errorf("dialled with %+v", got)
	}
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, caller.Leg, 200)
	passes(t, callee.Leg, target.Leg, 0)
}

// Both calls ask each other, and one of them ends meanwhile: nothing hangs, nothing is left up.
func TestAttendedTransferRaces(t *testing.T) {
	t.Parallel()
	for round := range 60 {
		c := consult(t, bridgetest.Audio(bridgetest.PCMU()), bridgetest.Audio(bridgetest.PCMU()),
			func(o *bridge.ExchangeOptions) { o.ReferrerHangup = time.Millisecond })
		legs := []*bridgetest.Leg{c.referrer, c.asking, c.transferee, c.target}
		switch round % 3 {
		case 0: // each call is to get the other's party
			go c.asking.Emit(replacing(c.referrer.Info().Dialog))
		case 1:
			go c.transferee.Emit(bridge.Ended{Cause: bridge.Normal()})
		case 2:
			go c.target.Emit(bridge.Ended{Cause: bridge.Normal()})
		}
		c.referrer.Emit(replacing(c.asking.Info().Dialog))
		bridgetest.Eventually(t, "the referrer knows, or is hung up", func() bool {
			commands := c.referrer.Commands()
			last, told := commands[len(commands)-1].(bridgetest.TransferProgress)
			return told && last.Cause.Status >= 200 || c.referrer.Ended()
		})
		for _, leg := range legs {
			leg.Emit(bridge.Ended{Cause: bridge.Normal()})
		}
		c.observer.AwaitEnded(t)
		c.observer.AwaitEnded(t)
		c.shutDown(t)
		for _, leg := range legs {
			if !leg.Ended() {
				t.Fatalf("round %d: %s was left up", round, leg.Info().ID)
			}
		}
		if stats := c.Stats(); stats.Active != 0 || stats.Abandoned != 0 || stats.Panics != 0 {
			t.Fatalf("round %d: counted %+v", round, stats)
		}
	}
}
