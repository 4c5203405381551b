package dtmf

import "time"

const (
	// silence is how long no packet of a key may come until the key is over: three times the longest
	// usual packet time (RFC 4733 section 2.5.2.3).
	silence = 150 * time.Millisecond
	// memory is how long a finished key is remembered, to know its repeated packets.
	memory = time.Second
	// remembered is how many finished keys and segments are remembered at most.
	remembered = 8
)

// Receiver makes keys of the telephone-event packets of one stream. A key is reported once, at its end:
// when a packet with the end bit comes, when the next key begins, or when its packets stop (Expire).
// Keys are told apart by their timestamps alone: browsers that put an 8 kHz event on the
// 48 kHz clock of Opus send nothing but end packets, each with the marker. A Receiver is not safe for concurrent use.
type Receiver struct {
	clockRate uint32
	report    func(Key)

	current current
	past    [remembered]finished
	oldest  int // index in past
}

// current is the key that is being received.
type current struct {
	active bool
	// told means that the key was reported before its end, because it was too long.
	told  bool
	code  uint8
	start uint32 // timestamp of the segment
	// before is the length of the segments that are over, units that of this one.
	before uint64
	units  uint16
	seen   time.Time
}

// finished is the timestamp of a key, or segment, that is over.
type finished struct {
	used  bool
	start uint32
	seen  time.Time
}

// NewReceiver makes a Receiver. ClockRate is that of the negotiated telephone-event format in Hz; report is
// called from Receive, Expire and Flush.
func NewReceiver(clockRate uint32, report func(Key)) *Receiver {
	return &Receiver{clockRate: clockRate, report: report}
}

// Receive takes the payload of a telephone-event packet that came at the time now. The error says that
// it is malformed. Events that are not keys are ignored.
func (r *Receiver) Receive(timestamp uint32, marker bool, payload []byte, now time.Time) error {
	told, err := parseEvent(payload)
	if err != nil {
		return err
	}
	if _, key := Digit(told.code); !key || r.repeats(timestamp, now) {
		return nil
	}
	if timestamp != r.current.start {
		r.Expire(now) // a packet of the same key proves that it is still held, however late it comes
	}
	switch {
	case r.current.active && timestamp == r.current.start:
		if told.code != r.current.code {
			return nil
		}
	case r.continues(told, timestamp, marker):
		r.remember(r.current.start, now)
		r.current.before += uint64(timestamp - r.current.start)
		r.current.start, r.current.units = timestamp, 0
	default:
		r.finish(now)
		r.current = current{active: true, code: told.code, start: timestamp}
	}
	r.current.units = max(r.current.units, told.duration)
	r.current.seen = now
	if told.end {
		r.finish(now)
	} else if r.duration() > MaxDuration {
		r.tell()
	}
	return nil
}

// Expire reports the current key if its packets have stopped. It is to be called now and then, such as with every
// packet of the audio.
func (r *Receiver) Expire(now time.Time) {
	if r.current.active && now.Sub(r.current.seen) > silence {
		r.finish(now)
	}
}

// Flush reports the current key and forgets everything: the stream is over, or another begins.
func (r *Receiver) Flush() {
	r.finish(time.Time{})
	r.past = [remembered]finished{}
}

// continues tells whether an event is the next segment of the current key (RFC 4733 section 2.5.1.3).
func (r *Receiver) continues(told event, timestamp uint32, marker bool) bool {
	length := timestamp - r.current.start
	return r.current.active && !marker && told.code == r.current.code &&
		(length == maxUnits || length == uint32(r.current.units))
}

// repeats tells whether a timestamp is that of a key, or segment, which is over.
func (r *Receiver) repeats(timestamp uint32, now time.Time) bool {
	for i := range r.past {
		past := &r.past[i]
		if past.used && past.start == timestamp && now.Sub(past.seen) <= memory {
			past.seen = now
			return true
		}
	}
	return false
}

func (r *Receiver) remember(timestamp uint32, now time.Time) {
	r.past[r.oldest] = finished{used: true, start: timestamp, seen: now}
	r.oldest = (r.oldest + 1) % remembered
}

func (r *Receiver) finish(now time.Time) {
	if !r.current.active {
		return
	}
	r.tell()
	r.remember(r.current.start, now)
	r.current = current{}
}

// tell reports the current key, once.
func (r *Receiver) tell() {
	if r.current.told {
		return
	}
	r.current.told = true
	digit, _ := Digit(r.current.code)
	r.report(Key{Digit: digit, Duration: r.duration()})
}

// duration gives the length of the current key so far.
func (r *Receiver) duration() time.Duration {
	if r.clockRate == 0 {
		return 0
	}
	units := min(r.current.before+uint64(r.current.units), uint64(r.clockRate)*60)
	return time.Duration(units * uint64(time.Second) / uint64(r.clockRate))
}
