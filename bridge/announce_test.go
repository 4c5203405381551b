package bridge_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// announcer has one announcement for all failures.
type announcer struct{ bridge.Endpoint }

func (a announcer) Announcement(bridge.Cause) bridge.Endpoint { return a }

// marked routes everything to one phone, with what a rule wants beside.
type marked bridge.Target

func (m marked) Route(request bridge.Request) ([]bridge.Target, error) {
	target := bridge.Target(m)
	target.URI = request.To
	return []bridge.Target{target}, nil
}

// early is the sound of an announcement.
func early(formats ...transcode.Format) bridge.Ringing {
	sound := bridgetest.AudioIn(bridge.SendOnly, formats...)
	return bridge.Ringing{Early: &sound}
}

// TestAnnouncementBefore holds that a caller hears something before it rings, in the codec that stays, and that ringing
// and answer come as ever.
func TestAnnouncementBefore(t *testing.T) {
	t.Parallel()
	welcome := bridgetest.NewEndpoint("welcome")
	phone := bridgetest.NewEndpoint("phone")
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Router = marked{Endpoint: phone, Before: welcome}
	})
	caller := bridgetest.NewIncoming(request(bridgetest.Opus(), bridgetest.PCMU()), bridge.LegInfo{})
	f.Accept(caller)
	playing := welcome.AwaitDial(t)
	if phone.Dials() != 0 {
		t.Fatal("the phone rings during the announcement")
	}
	playing.Emit(early(bridgetest.Opus()))
	if ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg); ring.Early == nil {
		t.Fatal("no early media")
	}
	passes(t, playing.Leg, caller.Leg, 111)
	playing.Emit(bridge.Ended{Cause: bridge.Normal()})

	callee := phone.AwaitDial(t)
	if audio, _ := callee.Request.Offer.First(transcode.Audio); len(audio.Formats) < 2 {
		t.Errorf("the phone is offered %+v", audio.Formats)
	}
	callee.Emit(bridge.Ringing{})
	if ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg); ring.Early != nil {
		t.Error("ringing brings other media")
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	if format := answer.Answer.Media[0].Formats[0]; !format.Equal(bridgetest.Opus().Codec) {
		t.Errorf("answered in %v", format)
	}
	if stats := f.Stats(); stats.Announced != 1 {
		t.Errorf("%d announcements", stats.Announced)
	}
}

// TestAnnouncementOfFailure holds that a caller hears why his call failed, and gets the status then; once, and with
// whatever rang silenced.
func TestAnnouncementOfFailure(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*testing.T, bridgetest.Dialled){
		"busy": func(_ *testing.T, callee bridgetest.Dialled) {
			callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486, Text: "Busy Here"}})
		},
		"no answer": func(t *testing.T, callee bridgetest.Dialled) {
			t.Helper()
			callee.Emit(bridge.Ringing{})
			if cause := bridgetest.Await[bridgetest.Hangup](t, callee.Leg).Cause; cause.Status != 408 {
				t.Errorf("the callee is told %v", cause)
			}
		},
	} {
		sorry := bridgetest.NewEndpoint("sorry")
		f := newFixture(t, func(options *bridge.ExchangeOptions) {
			options.Announcer = announcer{sorry}
			if name == "no answer" {
				options.Ring = 300 * time.Millisecond
			}
		})
		caller, callee := f.call(t)
		fail(t, callee)
		playing := sorry.AwaitDial(t)
		playing.Emit(early(bridgetest.PCMU()))
		for bridgetest.Await[bridgetest.Ring](t, caller.Leg).Early == nil {
			continue // it rang before
		}
		passes(t, playing.Leg, caller.Leg, 0)
		playing.Emit(bridge.Ended{Cause: bridge.Normal()})
		want := map[string]int{"busy": 486, "no answer": 408}[name]
		if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != want {
			t.Errorf("%s: the caller is told %v", name, cause)
		}
		if sorry.Dials() != 0 {
			t.Errorf("%s: it is announced again", name)
		}
	}
}

// TestNoAnnouncement holds who hears nothing.
func TestNoAnnouncement(t *testing.T) {
	t.Parallel()
	stranger, offerless := request(bridgetest.PCMU()), request()
	stranger.Origin, stranger.User = bridge.OriginUnknown, ""
	for name, test := range map[string]struct {
		request bridge.Request
		cause   bridge.Cause
	}{
		"a stranger":      {stranger, bridge.Cause{Status: 486}},
		"without offer":   {offerless, bridge.Cause{Status: 486}},
		"who is asked":    {request(bridgetest.PCMU()), bridge.Cause{Status: 407}},
		"who is asked to": {request(bridgetest.PCMU()), bridge.Cause{Status: 401}},
	} {
		sorry := bridgetest.NewEndpoint("sorry")
		f := newFixture(t, func(options *bridge.ExchangeOptions) { options.Announcer = announcer{sorry} })
		caller, callee := f.callWith(t, test.request)
		callee.Emit(bridge.Ended{Cause: test.cause})
		bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
		if sorry.Dials() != 0 {
			t.Errorf("%s hears an announcement", name)
		}
	}
}

// TestCallerLeavesAnnouncement holds that a caller who hangs up ends it.
func TestCallerLeavesAnnouncement(t *testing.T) {
	t.Parallel()
	sorry := bridgetest.NewEndpoint("sorry")
	f := newFixture(t, func(options *bridge.ExchangeOptions) { options.Announcer = announcer{sorry} })
	caller, callee := f.call(t)
	callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	playing := sorry.AwaitDial(t)
	playing.Emit(early(bridgetest.PCMU()))
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	bridgetest.Await[bridgetest.Hangup](t, playing.Leg)
}

// notebook is a bridge.Recorder that writes nothing, and its only Recording.
type notebook struct {
	fault error

	mu     sync.Mutex
	wanted []bridge.RecordingFormat
	taps   []bridge.Channel
	closed int
}

func (n *notebook) Record(
	_ bridge.CallRecord, _ bridge.Request, wanted bridge.RecordingFormat,
) (bridge.Recording, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wanted = append(n.wanted, wanted)
	if n.fault != nil || wanted == bridge.NotRecorded {
		return nil, n.fault
	}
	return n, nil
}

func (n *notebook) Name() string { return "call.wav" }

func (n *notebook) Tap(channel bridge.Channel, _ []transcode.Format, to transcode.PacketWriter) transcode.PacketWriter {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taps = append(n.taps, channel)
	return to
}

func (n *notebook) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed++
}

// TestRecording holds that both ways of an answered call lead through its recording, and the story names the file.
func TestRecording(t *testing.T) {
	t.Parallel()
	book, phone := &notebook{}, bridgetest.NewEndpoint("phone")
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Recorder, options.Router = book, marked{Endpoint: phone, Record: bridge.RecordedWAV}
	})
	f.phone = phone
	caller, callee := f.answered(t)
	passes(t, caller.Leg, callee.Leg, 0)
	passes(t, callee.Leg, caller.Leg, 0)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.Recording != "call.wav" {
		t.Errorf("the story has %q", record.Recording)
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	if len(book.taps) != 2 || book.taps[0] == book.taps[1] || book.closed != 1 {
		t.Errorf("taps %v, closed %d times", book.taps, book.closed)
	}
}

// TestRecordingRequired holds that a call that may not go on unrecorded fails.
func TestRecordingRequired(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Recorder = &notebook{fault: bridge.Cause{Status: 503, Text: "Service Unavailable"}}
	})
	caller, callee := f.call(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 503 {
		t.Errorf("the caller is told %v", cause)
	}
}

// TestRecordingFollowsRedirection holds that the rule of whom a callee redirects to counts, too.
func TestRecordingFollowsRedirection(t *testing.T) {
	t.Parallel()
	book := &notebook{}
	f, _ := newBoard(t, "")
	phone := f.phone
	f = newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Recorder, options.Router = book, marksOne{phone, "sip:sales@test"}
	})
	f.phone = phone
	_, callee := f.call(t)
	callee.Emit(moved("sip:sales@test"))
	phone.AwaitDial(t).Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Eventually(t, "the call is recorded", func() bool {
		book.mu.Lock()
		defer book.mu.Unlock()
		return len(book.wanted) == 1 && book.wanted[0] == bridge.RecordedOgg
	})
}

// marksOne routes everything to one phone, and has the calls to one URI recorded.
type marksOne struct {
	phone *bridgetest.Endpoint
	uri   string
}

func (m marksOne) Route(request bridge.Request) ([]bridge.Target, error) {
	target := bridge.Target{Endpoint: m.phone, URI: request.To}
	if request.To == m.uri {
		target.Record = bridge.RecordedOgg
	}
	return []bridge.Target{target}, nil
}

// TestLongAnnouncement holds that a sound may last longer than a callee may ring, before it rings and when it failed.
func TestLongAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		welcome, sorry, phone := bridgetest.NewEndpoint("w"), bridgetest.NewEndpoint("s"), bridgetest.NewEndpoint("p")
		f := newFixture(t, func(options *bridge.ExchangeOptions) {
			options.Ring, options.Announcer = time.Minute, announcer{sorry}
			options.Router = marked{Endpoint: phone, Before: welcome}
		})
		caller := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
		f.Accept(caller)
		for _, what := range []*bridgetest.Endpoint{welcome, sorry} {
			playing := what.AwaitDial(t)
			playing.Emit(early(bridgetest.PCMU()))
			time.Sleep(2 * time.Minute)
			playing.Emit(bridge.Ended{Cause: bridge.Normal()})
			if what == welcome {
				phone.AwaitDial(t).Emit(bridge.Ended{Cause: bridge.Cause{Status: 486, Text: "Busy Here"}})
			}
		}
		if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 486 {
			t.Errorf("the caller is told %v", cause)
		}
		caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	})
}
