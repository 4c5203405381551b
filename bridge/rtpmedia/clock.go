package rtpmedia

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// idle is how long the clock sleeps when there is nothing to wait for.
const idle = time.Hour

// videoInterval is the longest mean time between reports while there are pictures: by ours their sender finds its bit
// rate.
const videoInterval = time.Second

// keepTime sends RTCP reports and watches for silence until the session is closed. It sleeps until the
// next of the two is due.
func (s *Session) keepTime() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	watch := silenceWatch{session: s}
	reportAt := time.Now().Add(s.reportPause() / 2)
	var sent [kinds]uint64
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-timer.C:
		}
		now := time.Now()
		if !now.Before(reportAt) {
			for _, kind := range transcode.Kinds() {
				var compound []rtcp.Packet
				compound, sent[kind] = s.streams[kind].report(now, sent[kind])
				s.streams[kind].sendReports(compound)
			}
			reportAt = now.Add(s.reportPause())
		}
		timer.Reset(min(reportAt.Sub(now), watch.look(now), s.look(now)))
	}
}

// reportPause is the time to the next report: random, so that parties do not fall into step, and with
// the compensation of RFC 3550 section 6.3.1.
func (s *Session) reportPause() time.Duration {
	const compensation = 1.21828
	interval := s.options.ReportInterval
	if s.pictures() {
		interval = min(interval, videoInterval)
	}
	return time.Duration(float64(interval) * (0.5 + rand.Float64()) / compensation)
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
