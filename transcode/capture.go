package transcode

import "time"

// CaptureTaker is a PacketWriter that wants to know when what it is given was captured. Its party is told by sender
// reports (RFC 3550 section 6.4.1), by which receivers play sound and pictures in step, however long each of them was
// held on its way.
type CaptureTaker interface {
	// Captured says for a timestamp of what is written when it was captured, and reports false if that is not believed.
	// Any goroutine may call it.
	Captured(timestamp uint32, at time.Time) bool
}

const (
	// longestAgo is how long before it was sent something may have been captured, and after how long after that, by the
	// report of a party that reads its two clocks one after the other. Others are not believed: who reports the timestamp
	// of its last packet after a silence is wrong by as much.
	longestAgo, after = 2 * time.Second, 250 * time.Millisecond
	// remembered is how long one holds: reports come every few seconds, and clocks drift apart.
	remembered = time.Minute
	// retold is how often a transcoder tells by itself.
	retold = time.Second
)

// capture ties a timestamp of an outgoing stream to the moment when it was captured.
type capture struct {
	timestamp, clock uint32
	at, told         time.Time
}

// captured tells a writer, if it wants to know.
func captured(to PacketWriter, timestamp uint32, at time.Time) bool {
	taker, ok := to.(CaptureTaker)
	return ok && taker.Captured(timestamp, at)
}

// Captured says when a timestamp of the source was captured.
func (s *Sender) Captured(timestamp uint32, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	clock := s.source.clock
	if clock == 0 {
		return false
	}
	told := capture{timestamp: timestamp + s.source.timeOffset, clock: clock, at: at, told: s.now()}
	ago := time.Duration(int32(told.stamp(told.told)-s.timestampNow(clock))) * time.Second / time.Duration(clock)
	if ago < -after || ago > longestAgo {
		return false
	}
	s.captured = told
	return true
}

// stamp gives the timestamp of what is captured at a moment.
func (c capture) stamp(moment time.Time) uint32 {
	return c.timestamp + uint32(int64(moment.Sub(c.at)/time.Microsecond)*int64(c.clock)/1e6)
}

// timestampCaptured is the timestamp of what is captured at this moment; where nobody says, of what is sent at it.
func (s *Sender) timestampCaptured() uint32 {
	now := s.now()
	if told := s.captured; told.clock == s.place.clock && now.Sub(told.told) < remembered {
		return told.stamp(now)
	}
	return s.timestampNow(s.place.clock)
}

// Captured tells the writer that is plugged in.
func (s *Switch) Captured(timestamp uint32, at time.Time) bool {
	to := s.to.Load()
	return to != nil && captured(*to, timestamp, at)
}

// Captured says when a timestamp of the source was captured.
func (p *Pipe) Captured(timestamp uint32, at time.Time) bool {
	if !p.transcodes {
		return captured(p.dst, timestamp, at)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	way := p.current.Load()
	switch {
	case p.closed:
		return false
	case way.transcoder == nil: // pictures keep their timestamps
		return captured(p.dst, timestamp, at)
	default:
		return way.transcoder.captured(timestamp, at)
	}
}

// captured passes on when a timestamp of the source was captured.
func (t *transcoder) captured(timestamp uint32, at time.Time) bool {
	if !t.passCapture(timestamp, at) {
		return false
	}
	t.tellAt = time.Since(t.pipe.began) + remembered
	return true
}

// guessCapture does that for a source that does not say: when a packet that just came would have come if it had been as
// fast as any.
func (t *transcoder) guessCapture(timestamp uint32) {
	if t.fresh || t.now < t.tellAt {
		return
	}
	t.tellAt = t.now + retold
	late := t.now - t.buffer.Expected(timestamp)
	t.passCapture(timestamp, time.Now().Add(-late))
}

// passCapture gives the timestamp as it goes out.
func (t *transcoder) passCapture(timestamp uint32, at time.Time) bool {
	if t.fresh {
		return false
	}
	ahead := int64(int32(timestamp-t.cursor)) * int64(t.path.encode) / int64(t.from.ClockRate)
	position := int64(t.position) + int64(len(t.frame)) + ahead
	return position >= 0 && captured(t.pipe.dst, t.stamp(uint64(position)), at)
}
