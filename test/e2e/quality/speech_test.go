package quality

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// spoken is a call in which both sides talked.
type spoken struct {
	// there is what the callee heard, back what the caller did.
	there, back result
	// late is how much too late the machine sent at most.
	late time.Duration
	// fault is what is wrong with the call, or nil.
	fault error
}

var (
	errHeard = errors.New("it is not heard as it was said")
	errBusy  = errors.New("the machine stalls: it is too busy to judge")
)

// judged gives a call, or a second one where the first has a fault that may be the machine's, which stalled. A machine
// that stalls in both is a fault.
func judged(call func(again int) spoken) spoken {
	first := call(0)
	if first.fault == nil || first.late <= stall {
		return first
	}
	second := call(1)
	if second.fault != nil && second.late > stall {
		second.fault = fmt.Errorf("%w (%v and %v too late): %w", errBusy, first.late, second.late, second.fault)
	}
	return second
}

// try places a call, lets both talk at once, and judges.
func (w *world) try(t *testing.T, number int, way way) spoken {
	t.Helper()
	from, to := w.end(t, way.caller, 2*number), w.end(t, way.callee, 2*number+1)
	from.call(t, to.expect(t))
	from.await(t)
	to.await(t)
	caller, callee := from.itself(), to.itself()
	talk(t, caller, w.sentences[0][caller.rate], callee, w.sentences[1][callee.rate])
	from.hangup(t)
	call := spoken{late: max(slices.Max(caller.late), slices.Max(callee.late))}
	var there, back, other error
	call.there, there = w.hears(t, caller, callee, 0)
	call.back, back = w.hears(t, callee, caller, 1)
	if way.caller.kind == "browser" && way.callee.kind == "phone" {
		other = refer(t, callee, w.speech(0), call.there.of.speech)
	}
	call.fault = errors.Join(there, back, other)
	t.Logf("sent at most %v too late: %v", call.late, call.fault)
	return call
}

// speech is a sentence without the tone, at 8 kHz.
func (w *world) speech(sentence int) []int16 {
	said := w.sentences[sentence][judgeRate]
	return said[:len(said)-toneTime*judgeRate-judgeRate/4]
}

// hears judges what one party heard of the other one's sentence.
func (w *world) hears(t *testing.T, speaker, listener *party, sentence int) (result, error) {
	t.Helper()
	speech := w.speech(sentence)
	tone := w.sentences[sentence][judgeRate][len(speech):]
	codecs := resampled(t, alone(t, w.sentences[sentence][speaker.rate], speaker, listener), listener.rate, judgeRate)
	call, missing := listener.hears(t)
	call = resampled(t, call, listener.rate, judgeRate)
	r := result{of: compare(speech, tone, call), alone: compare(speech, tone, codecs)}
	t.Logf("%s to %s: %v, the codecs alone %v", speaker.format, listener.format, r.of, r.alone)
	if missing > 0 || !r.fine() {
		return r, fmt.Errorf("%w from %s to %s: %v, the codecs alone %v, %d packets missing",
			errHeard, speaker.format, listener.format, r.of, r.alone, missing)
	}
	return r, nil
}

// TestStallsAreNotJudged: a call gets a second chance where the machine stalled, and only there.
func TestStallsAreNotJudged(t *testing.T) {
	t.Parallel()
	good, bad := spoken{late: stall}, spoken{late: stall, fault: errHeard}
	late, badAndLate := spoken{late: stall + 1}, spoken{late: stall + 1, fault: errHeard}
	for name, test := range map[string]struct {
		calls []spoken // exactly those that are to be made
		want  []error
	}{
		"even":              {[]spoken{good}, nil},
		"even, a fault":     {[]spoken{bad}, []error{errHeard}},
		"late":              {[]spoken{late}, nil},
		"late, a fault":     {[]spoken{badAndLate, good}, nil},
		"a fault twice":     {[]spoken{badAndLate, bad}, []error{errHeard}},
		"late, then better": {[]spoken{badAndLate, late}, nil},
		"late twice":        {[]spoken{badAndLate, badAndLate}, []error{errBusy, errHeard}},
	} {
		made := 0
		got := judged(func(again int) spoken {
			made = again + 1
			return test.calls[again]
		}).fault
		if made != len(test.calls) {
			t.Errorf("%s: %d calls were made", name, made)
		}
		for _, fault := range []error{errBusy, errHeard} {
			if errors.Is(got, fault) != slices.Contains(test.want, fault) {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}
