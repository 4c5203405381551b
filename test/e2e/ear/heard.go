package ear

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sipbridge/test/e2e/tone"
)

// ErrHeard says that what was awaited was not heard.
var ErrHeard = errors.New("ear")

// Keys are the keys heard so far.
func (e *Ear) Keys() []Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// Digits are the digits of the keys that have ended, in order.
func (e *Ear) Digits() string {
	var all []byte
	for _, key := range e.Keys() {
		if key.Ended {
			all = append(all, key.Digit)
		}
	}
	return string(all)
}

// Packets is how many packets of sound have come.
func (e *Ear) Packets() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.packets
}

// Gap is the longest time between two packets with sound in them since it was asked for last.
func (e *Ear) Gap() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	gap := e.gap
	e.gap = 0
	return gap
}

// Sources is how many SSRCs have been heard.
func (e *Ear) Sources() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.ssrcs)
}

// Report tells all that was heard, for a failed test.
func (e *Ear) Report() string {
	samples := e.lastSecond()
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprintf("ear %d: %d packets from %v, %d reports, keys %+v, odd %q, playing to %v; "+
		"level %.0f dB, 440 Hz %.2f, 800 Hz %.2f",
		e.Port, e.packets, e.ssrcs, e.reports, e.heard, e.odd, e.remote,
		tone.Level(samples), tone.Share(samples, rate, 440), tone.Share(samples, rate, 800))
}

func (e *Ear) lastSecond() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.samples[max(0, len(e.samples)-rate):])
}

// WaitTone waits until the last second heard is the tone: three quarters of its energy.
func (e *Ear) WaitTone(hertz float64, limit time.Duration) error {
	return e.until(limit, fmt.Sprintf("%.0f Hz", hertz), func() bool {
		samples := e.lastSecond()
		return len(samples) == rate && tone.Level(samples) > -50 && tone.Share(samples, rate, hertz) > 0.75
	})
}

// WaitQuiet waits until nothing, or only silence, has come for half a second.
func (e *Ear) WaitQuiet(limit time.Duration) error {
	loud := time.Now()
	return e.until(limit, "silence", func() bool {
		e.mu.Lock()
		fresh := e.samples
		e.samples = nil
		e.mu.Unlock()
		if tone.Level(fresh) > -60 && len(fresh) > 0 {
			loud = time.Now()
		}
		return time.Since(loud) > 500*time.Millisecond
	})
}

// WaitPackets waits until this many packets of sound have come since the ear was opened.
func (e *Ear) WaitPackets(count int, limit time.Duration) error {
	return e.until(limit, fmt.Sprintf("%d packets", count), func() bool { return e.Packets() >= count })
}

// WaitDigits waits until exactly these digits have been heard; more is an error at once.
func (e *Ear) WaitDigits(want string, limit time.Duration) error {
	return e.until(limit, "the digits "+want, func() bool { return e.Digits() == want })
}

func (e *Ear) until(limit time.Duration, what string, heard func() bool) error {
	deadline := time.Now().Add(limit)
	for !heard() {
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: waited %v for %s; %s", ErrHeard, limit, what, e.Report())
		}
		time.Sleep(50 * time.Millisecond) // sound has no edge to wait on
	}
	return nil
}
