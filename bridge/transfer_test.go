package bridge_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

func referTo(target string) bridge.TransferAsked {
	return bridge.TransferAsked{Referral: bridge.Referral{Target: target, ReferredBy: "<sip:alice@test>"}}
}

// progress waits for each status in turn, and nothing between them.
func progress(t *testing.T, referrer *bridgetest.Leg, statuses ...int) {
	t.Helper()
	for _, want := range statuses {
		if got := bridgetest.Await[bridgetest.TransferProgress](t, referrer).Cause; got.Status != want {
			t.Fatalf("the referrer was told %v, want %d", got, want)
		}
	}
}

// blind begins a transfer by the caller and gives the target's leg.
func (f *fixture) blind(t *testing.T, referrer *bridgetest.Leg) bridgetest.Dialled {
	t.Helper()
	referrer.Emit(referTo("sip:carol@test"))
	progress(t, referrer, 100)
	return f.phone.AwaitDial(t)
}

// reaches waits until packets from one party arrive at the other, after a change that the test cannot see, and
// gives the payload type with which they do.
func reaches(t *testing.T, from, to *bridgetest.Leg, payloadType uint8) uint8 {
	t.Helper()
	before := len(to.FakeMedia().Sent(transcode.Audio))
	packet := &rtp.Packet{
		Header: rtp.Header{Version: 2, PayloadType: payloadType, SSRC: 1}, Payload: bytes.Repeat([]byte{0xff}, 160),
	}
	bridgetest.Eventually(t, "packets arrive", func() bool {
		packet.SequenceNumber++
		packet.Timestamp += 160
		_, _ = from.FakeMedia().Deliver(transcode.Audio, packet) // of a type that is not agreed yet it is refused
		return len(to.FakeMedia().Sent(transcode.Audio)) > before
	})
	sent := to.FakeMedia().Sent(transcode.Audio)
	return sent[len(sent)-1].PayloadType
}

func TestBlindTransfer(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"caller", "callee"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			caller, callee := f.answered(t)
			referrer, transferee := caller.Leg, callee.Leg
			if by == "callee" {
				referrer, transferee = transferee, referrer
			}
			transferee.FakeMedia().SetStats(bridge.MediaStats{Audio: quality.Stats{Received: 7}})
			target := f.blind(t, referrer)
			shown := map[string]string{"caller": "sip:bob@test", "callee": "sip:alice@test"}[by]
			if got := target.Request; got.From.URI != shown || got.To != "sip:carol@test" ||
				got.User != referrer.Info().User || got.Origin != referrer.Info().Origin ||
				got.ReferredBy != "<sip:alice@test>" || got.Replaces != nil {
				t.Errorf("dialled with %+v", got)
			}
			checkAudio(t, *target.Request.Offer, bridge.SendRecv, bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus())
			target.Emit(bridge.Ringing{})
			target.Emit(bridge.Ringing{})
			passes(t, referrer, transferee, 0) // as before
			target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
			progress(t, referrer, 180, 200)
			passes(t, transferee, target.Leg, 0)
			passes(t, target.Leg, transferee, 8)
			if referrer.FakeMedia().Plugged(transcode.Audio) {
				t.Error("the referrer is still heard")
			}
			if bridgetest.Count[bridgetest.Offer](transferee) != 0 {
				t.Error("the transferee got an offer")
			}
			referrer.Emit(bridge.Ended{Cause: bridge.Normal()})
			transferee.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '9'}})
			bridgetest.Await[bridgetest.SendDTMF](t, target.Leg)
			target.Emit(bridge.Ended{Cause: bridge.Normal()})
			bridgetest.Await[bridgetest.Hangup](t, transferee)
			record := f.observer.AwaitEnded(t)
			if len(record.Transfers) != 1 || record.Transfers[0].Status != 200 || record.Transfers[0].Side != by ||
				record.Transfers[0].Attended {
				t.Errorf("told %+v", record.Transfers)
			}
			if record.EndedBy != by {
				t.Errorf("ended by %q, want the target in the place of the %s", record.EndedBy, by)
			}
			parties := [2]bridge.Party{record.Caller, record.Callee}
			if want := target.Info().Party; parties[0] != want && parties[1] != want {
				t.Errorf("the record has %+v", parties)
			}
			bridgetest.Eventually(t, "the story is in the log", func() bool {
				return strings.Contains(f.log.String(), `transfers="`+by+" ")
			})
			if stats := f.Stats(); stats.Transferred != 1 || stats.TransfersFailed != 0 || stats.Active != 0 {
				t.Errorf("counted %+v", stats)
			}
		})
	}
}

func TestTransferResumesAHeldParty(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.Inactive})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg).Direction; told != bridge.Inactive {
		t.Fatalf("told %v", told)
	}
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg).Direction; told != bridge.SendRecv {
		t.Errorf("told %v, want sendrecv", told)
	}
	passes(t, callee.Leg, target.Leg, 0)
	passes(t, target.Leg, callee.Leg, 0)
	target.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg).Direction; told != bridge.SendOnly {
		t.Errorf("told %v, want sendonly", told)
	}
}

func TestTransferOfAPartyThatHolds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Await[bridgetest.SetDirection](t, caller.Leg)
	target := f.blind(t, caller.Leg)
	if audio, _ := target.Request.Offer.First(transcode.Audio); audio.Direction != bridge.SendOnly {
		t.Errorf("offered %v, want sendonly", audio.Direction)
	}
	target.Emit(bridge.Answered{Answer: bridgetest.AudioIn(bridge.RecvOnly, bridgetest.PCMU())})
	reaches(t, callee.Leg, target.Leg, 0)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	if told := bridgetest.Await[bridgetest.SetDirection](t, target.Leg).Direction; told != bridge.SendRecv {
		t.Errorf("told %v, want sendrecv", told)
	}
	passes(t, target.Leg, callee.Leg, 0)
}

func TestFailedTransferLeavesTheCall(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		cause        bridge.Cause
		rings        bool
		want         int
		route        error
		withoutRoute bool
	}{
		{name: "declined", cause: bridge.Cause{Status: 603}, rings: true, want: 603},
		{name: "busy", cause: bridge.Cause{Status: 486}, want: 486},
		{name: "moved", cause: bridge.Cause{Status: 302}, want: 480},
		{name: "not allowed", route: bridge.Cause{Status: 403}, want: 403},
		{name: "nobody", withoutRoute: true, want: 480},
		{name: "challenged", cause: bridge.Cause{Status: 407, Headers: []bridge.Header{{Name: "X"}}}, want: 407},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			f = newFixture(t, func(o *bridge.ExchangeOptions) {
				o.Router = bridgetest.RouterFunc(func(r bridge.Request) ([]bridge.Target, error) {
					if r.To == "sip:carol@test" && (test.route != nil || test.withoutRoute) {
						return nil, test.route
					}
					return []bridge.Target{{Endpoint: f.phone, URI: r.To}}, nil
				})
			})
			caller, callee := f.answered(t)
			caller.Emit(referTo("sip:carol@test"))
			progress(t, caller.Leg, 100)
			if test.cause.Status != 0 {
				target := f.phone.AwaitDial(t)
				if test.rings {
					target.Emit(bridge.Ringing{})
					progress(t, caller.Leg, 180)
				}
				target.Emit(bridge.Ended{Cause: test.cause})
			}
			got := bridgetest.Await[bridgetest.TransferProgress](t, caller.Leg).Cause
			if got.Status != test.want || got.Headers != nil {
				t.Errorf("told %+v, want %d", got, test.want)
			}
			passes(t, caller.Leg, callee.Leg, 0)
			passes(t, callee.Leg, caller.Leg, 0)
			if count := bridgetest.Count[bridgetest.SetDirection](callee.Leg); count != 0 {
				t.Error("the transferee was told something")
			}
			caller.Emit(bridge.Ended{Cause: bridge.Normal()})
			if record := f.observer.AwaitEnded(t); record.Transfers[0].Status != test.want {
				t.Errorf("told %+v", record.Transfers)
			}
			if stats := f.Stats(); stats.Transferred != 0 || stats.TransfersFailed != 1 {
				t.Errorf("counted %+v", stats)
			}
		})
	}
}

// A target whose answer fits nothing is hung up.
func TestTransferToAForeignCodec(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	foreign := bridgetest.PCMU()
	foreign.Name = "X-FOREIGN"
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(foreign)})
	bridgetest.Await[bridgetest.Hangup](t, target.Leg)
	progress(t, caller.Leg, 488)
	passes(t, caller.Leg, callee.Leg, 0)
}

func TestTransferThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Ring = 500 * time.Millisecond })
	caller := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
	f.phone.Prepare = func(leg bridgetest.Dialled) {
		if leg.Request.To == "sip:bob@test" {
			leg.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		}
	}
	f.Accept(caller)
	callee := f.phone.AwaitDial(t)
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Hangup](t, target.Leg)
	for status := 100; status < 200; {
		status = bridgetest.Await[bridgetest.TransferProgress](t, caller.Leg).Cause.Status
		if status >= 200 && status != 408 {
			t.Errorf("told %d, want 408", status)
		}
	}
	passes(t, caller.Leg, callee.Leg, 0)
}

func TestReferrerHangsUpAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	early := bridgetest.Audio(bridgetest.PCMA())
	target.Emit(bridge.Ringing{Early: &early})
	reaches(t, target.Leg, callee.Leg, 8) // the transferee hears that it rings
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Eventually(t, "the transferee's packets are relayed as they are", func() bool {
		return reaches(t, callee.Leg, target.Leg, 0) == 0
	})
	progress(t, caller.Leg, 180, 200)
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	bridgetest.Await[bridgetest.Hangup](t, target.Leg)
	if record := f.observer.AwaitEnded(t); record.EndedBy != "callee" || record.Transfers[0].Status != 200 {
		t.Errorf("record %+v", record)
	}
}

func TestReferrerIsGoneAndTheTargetFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	early := bridgetest.Audio(bridgetest.PCMA())
	target.Emit(bridge.Ringing{Early: &early})
	reaches(t, target.Leg, callee.Leg, 8) // so the referrer's end has been seen
	target.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	if cause := bridgetest.Await[bridgetest.Hangup](t, callee.Leg).Cause; cause.Status != 486 {
		t.Errorf("the transferee was told %+v, want 486", cause)
	}
	progress(t, caller.Leg, 180, 486) // its phone may still want to know
	f.observer.AwaitEnded(t)
}

func TestTransfereeHangsUpWhileTheTargetRings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Ringing{})
	progress(t, caller.Leg, 180)
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	bridgetest.Await[bridgetest.Hangup](t, target.Leg)
	progress(t, caller.Leg, 487)
	bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
	if record := f.observer.AwaitEnded(t); record.EndedBy != "callee" || record.Transfers[0].Status != 487 {
		t.Errorf("record %+v", record)
	}
}
