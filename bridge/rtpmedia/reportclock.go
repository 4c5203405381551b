package rtpmedia

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/transcode"
)

// reportClock sends the reports of a session when they are due (RFC 3550 section 6.3), all from the goroutine that
// keeps time. Each kind is an RTP session of its own.
type reportClock struct {
	session *Session
	// due is when; zero for a kind that is not used.
	due [kinds]time.Time
	// sent is how many packets had been sent at the last report.
	sent [kinds]uint64
}

// look sends what is due and gives the time until it wants to look again.
func (c *reportClock) look(now time.Time) time.Duration {
	next := idle
	for _, kind := range transcode.Kinds() {
		agreed := c.session.streams[kind].agreed.Load()
		switch {
		case agreed == nil || len(agreed.formats) == 0:
			c.due[kind] = time.Time{}
			continue
		case c.due[kind].IsZero(): // the first comes sooner than all others (RFC 3550 section 6.2)
			pause, _ := c.session.streams[kind].reportPause(agreed, true)
			c.due[kind] = now.Add(pause / 2)
		case !now.Before(c.due[kind]):
			c.report(kind, agreed, now)
		}
		next = min(next, c.due[kind].Sub(now))
	}
	return next
}

// report sends one, if that is allowed.
func (c *reportClock) report(kind transcode.Kind, agreed *agreement, now time.Time) {
	stream, before := c.session.streams[kind], c.sent[kind]
	var compound []rtcp.Packet
	compound, c.sent[kind] = stream.report(now, before)
	pause, allowed := stream.reportPause(agreed, c.sent[kind] != before)
	if allowed {
		stream.sendReports(compound)
	}
	c.due[kind] = now.Add(pause)
}

// reportPause is the time to the next report: random, so that parties do not fall into step. Sends tells that we sent
// since the last one. It reports false where none is allowed.
func (s *stream) reportPause(agreed *agreement, sends bool) (pause time.Duration, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pause, allowed = s.pace.Pause(agreed.pace, sends, agreed.direction.Receives(), rand.Float64())
	if mean := s.options.ReportInterval; mean > 0 {
		pause = time.Duration(float64(mean) * (0.5 + rand.Float64()))
	}
	return pause, allowed
}
