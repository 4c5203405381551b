package rtpmedia

import (
	"time"

	"sipbridge/bridge"
)

// idle is how long the clock sleeps when there is nothing to wait for.
const idle = time.Hour

// keepTime sends RTCP reports and the checks of ICE, and watches for silence, until the session is closed. It sleeps
// until the next of the three is due.
func (s *Session) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	watch := silenceWatch{session: s}
	reports := reportClock{session: s}
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-timer.C:
		}
		now := time.Now()
		timer.Reset(min(reports.look(now), watch.look(now), s.look(now)))
	}
}

// silenceWatch tells Events of media that stops and comes back, all from the goroutine that keeps time, so that
// the two never overtake each other.
type silenceWatch struct {
	session *Session
	told    time.Time // when Lost was called last
}

// look tells what is to be told and gives the time until it wants to look again.
func (w *silenceWatch) look(now time.Time) time.Duration {
	s := w.session
	agreed := s.leading()
	if agreed == nil || agreed.direction != bridge.SendRecv || s.options.Timeout < 0 {
		return idle
	}
	since := s.start.Add(time.Duration(s.heard.Load()))
	if s.silent.Load() {
		switch {
		case since.After(w.told):
			s.silent.Store(false)
			w.back()
		case s.spoke.Load():
			return idle // a packet wakes the clock
		default: // told again: the leg may have had reason not to believe it yet, such as a phone that rings
			since = w.told
		}
	}
	if left := since.Add(s.options.Timeout).Sub(now); left > 0 {
		return left
	}
	w.told = now
	s.silent.Store(true)
	w.lost()
	return s.options.Timeout
}

func (w *silenceWatch) lost() {
	w.session.options.Counters.lost.Add(1)
	if lost := w.session.options.Events.Lost; lost != nil {
		lost(bridge.Cause{Status: 408, Text: "media timeout"})
	}
}

func (w *silenceWatch) back() {
	if back := w.session.options.Events.Back; back != nil {
		back()
	}
}
