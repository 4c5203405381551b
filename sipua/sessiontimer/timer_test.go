package sessiontimer

import (
	"slices"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

const tenMinutes = 10 * time.Minute

// fakeLeg lets no timer run out by itself, and counts what they ask for.
type fakeLeg struct {
	browser            bool
	set                []time.Duration
	works              []func()
	refreshed, expired int
}

func (f *fakeLeg) HasBrowser() bool { return f.browser }
func (f *fakeLeg) Refresh()         { f.refreshed++ }
func (f *fakeLeg) Expire()          { f.expired++ }

func (f *fakeLeg) After(delay time.Duration, work func()) *time.Timer {
	f.set, f.works = append(f.set, delay), append(f.works, work)
	return time.NewTimer(time.Hour)
}

// took gives the timers that were set since it was called last.
func (f *fakeLeg) took() []time.Duration {
	set := f.set
	f.set, f.works = nil, nil
	return set
}

// with puts pairs of names and values into a message.
func with[M interface{ AppendHeader(sip.Header) }](message M, pairs ...string) M {
	for pair := range slices.Chunk(pairs, 2) {
		message.AppendHeader(sip.NewHeader(pair[0], pair[1]))
	}
	return message
}

func invite(pairs ...string) *sip.Request {
	return with(sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"}), pairs...)
}

func response(status int, pairs ...string) *sip.Response {
	return with(sip.NewResponse(status, "Test"), pairs...)
}

// said gives what a message says of its interval.
func said(m interface{ GetHeader(string) sip.Header }) string {
	if header := m.GetHeader("Session-Expires"); header != nil {
		return header.Value()
	}
	return ""
}

// TestAgree: who refreshes what, and when a timer is set at all.
func TestAgree(t *testing.T) {
	t.Parallel()
	const supported, required, expires = "Supported", "Require", "Session-Expires"
	for name, test := range map[string]struct {
		leg    fakeLeg
		wanted time.Duration
		asked  []string
		first  bool
		said   string
		set    []time.Duration
	}{
		"JsSIP only offers": {fakeLeg{browser: true}, tenMinutes, []string{supported, "timer", expires, "90"}, true, "", nil},
		"JsSIP refreshes": {
			fakeLeg{browser: true},
			tenMinutes,
			[]string{supported, "timer", expires, "90;refresher=uac"},
			false,
			"90;refresher=uac", nil,
		},
		"JsSIP has us refresh": {fakeLeg{browser: true}, 0, []string{expires, "90;refresher=uas"}, false, "", nil},
		"nothing is wanted":    {fakeLeg{}, 0, nil, true, "", nil},
		"a browser requires it": {
			fakeLeg{browser: true},
			0,
			[]string{required, "timer", expires, "600;refresher=uas"},
			true,
			"600;refresher=uas",
			[]time.Duration{300 * time.Second},
		},
		"required": {
			fakeLeg{},
			0,
			[]string{required, "timer", expires, "600;refresher=uac"},
			true,
			"600;refresher=uac",
			[]time.Duration{632 * time.Second},
		},
		"required without an interval": {
			fakeLeg{}, 0, []string{required, "timer"}, true, "1800;refresher=uac", []time.Duration{1832 * time.Second},
		},
		"required of us": {
			fakeLeg{},
			0,
			[]string{required, "timer", expires, "600 ; Refresher = UAS"},
			true,
			"600;refresher=uas",
			[]time.Duration{300 * time.Second, 568 * time.Second},
		},
		"wanted of who knows none": {
			fakeLeg{}, tenMinutes, nil, true, "600;refresher=uas", []time.Duration{300 * time.Second, 568 * time.Second},
		},
		"wanted of who knows them": {
			fakeLeg{}, tenMinutes, []string{supported, "timer"}, true, "600;refresher=uac", []time.Duration{632 * time.Second},
		},
		"a short one": {
			fakeLeg{},
			0,
			[]string{required, "timer", expires, "90;refresher=uac"},
			true,
			"90;refresher=uac",
			[]time.Duration{120 * time.Second},
		},
		"a second, which is kept to": {
			fakeLeg{},
			tenMinutes,
			[]string{expires, "1;refresher=uas"},
			true,
			"1;refresher=uas",
			[]time.Duration{500 * time.Millisecond, 60 * time.Second},
		},
	} {
		timer, answer := New(&test.leg, test.wanted), response(200)
		timer.Agree(invite(test.asked...), answer, test.first)
		if set := test.leg.took(); said(answer) != test.said || !slices.Equal(set, test.set) {
			t.Errorf("%s: answered %q, set %v", name, said(answer), set)
		}
		if running := timer.Interval() > 0; running != (len(test.set) > 0) {
			t.Errorf("%s: the interval is %v", name, timer.Interval())
		}
	}
}

// TestAskedAndFollowed: from the first INVITE to a refresh, whoever the answer says refreshes.
func TestAskedAndFollowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer   string // what its 200 says, if anything
		set      []time.Duration
		proposed string
	}{
		"it refreshes": {"600;refresher=uas", []time.Duration{632 * time.Second}, "600;refresher=uas"},
		"it is us": {
			"300;refresher=uac", []time.Duration{150 * time.Second, 268 * time.Second}, "300;refresher=uac",
		},
		"nobody is named":    {"300", []time.Duration{150 * time.Second, 268 * time.Second}, "300;refresher=uac"},
		"it knows no timers": {"", []time.Duration{300 * time.Second, 568 * time.Second}, "600;refresher=uac"},
		"it is malformed":    {"soon", []time.Duration{300 * time.Second, 568 * time.Second}, "600;refresher=uac"},
	} {
		leg := &fakeLeg{}
		timer, first, again, answer := New(leg, tenMinutes), invite(), invite(), response(200)
		if test.answer != "" {
			with(answer, "Session-Expires", test.answer)
		}
		timer.Ask(first)
		timer.Follow(answer)
		timer.Propose(again)
		if set := leg.took(); said(first) != "600" || !slices.Equal(set, test.set) || said(again) != test.proposed {
			t.Errorf("%s: asked %q, set %v, proposed %q", name, said(first), set, said(again))
		}
	}
}

// TestTimersDoTheirWork: the one refreshes, the other ends the call.
func TestTimersDoTheirWork(t *testing.T) {
	t.Parallel()
	leg := &fakeLeg{}
	timer := New(leg, tenMinutes)
	timer.Ask(invite())
	timer.Follow(response(200))
	if leg.works[0](); leg.refreshed != 1 || leg.expired != 0 {
		t.Errorf("refreshed %d, expired %d", leg.refreshed, leg.expired)
	}
	if leg.works[1](); leg.expired != 1 {
		t.Errorf("expired %d", leg.expired)
	}
	leg.took()
	timer.RefreshRefused()
	if leg.works[0](); leg.refreshed != 2 || !slices.Equal(leg.took(), []time.Duration{tenMinutes / 16}) {
		t.Error("a refused refresh is not tried again")
	}
	next := timer.next
	timer.Stop()
	if timer.next != nil || timer.expiry != nil || next.Stop() {
		t.Error("a timer goes on")
	}
}

// TestNobodyIsAskedWithoutNeed: of a browser, or where none is wanted, nothing is asked, and nothing follows.
func TestNobodyIsAskedWithoutNeed(t *testing.T) {
	t.Parallel()
	for wanted, browser := range map[time.Duration]bool{tenMinutes: true, 0: false} {
		leg := &fakeLeg{browser: browser}
		timer, first, again := New(leg, wanted), invite(), invite()
		timer.Ask(first)
		timer.Follow(response(200))
		timer.Propose(again)
		timer.RefreshRefused()
		raised := timer.Raise(response(422, "Min-SE", "1800"))
		if set := leg.took(); raised || said(first) != "" || said(again) != "" || len(set) != 0 {
			t.Errorf("browser %v: asked %q, proposed %q, set %v, raised %v", browser, said(first), said(again), set, raised)
		}
	}
}

// TestRaise: a longer interval is taken, all else is a refusal.
func TestRaise(t *testing.T) {
	t.Parallel()
	timer := New(&fakeLeg{}, tenMinutes)
	timer.Ask(invite())
	for _, test := range []struct {
		headers []string
		want    bool
	}{
		{nil, false},
		{[]string{"Min-SE", "soon"}, false},
		{[]string{"Min-SE", "600"}, false},
		{[]string{"Min-SE", " 900 ;x=y"}, true},
		{[]string{"Min-SE", "900"}, false},
		{[]string{"Min-SE", "1800"}, true},
	} {
		if got := timer.Raise(response(422, test.headers...)); got != test.want {
			t.Errorf("%v: %v", test.headers, got)
		}
	}
	if timer.Interval() != 30*time.Minute {
		t.Errorf("it is %v", timer.Interval())
	}
}
