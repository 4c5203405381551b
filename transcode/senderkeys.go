package transcode

import (
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/dtmf"
)

const (
	// maxKeys is how many keys may wait to be played.
	maxKeys = 64
	// keyGap is the silence between two keys: receivers must notice 40 ms (ITU-T Q.24).
	keyGap = 50 * time.Millisecond
)

// keyQueue is the keys of a Sender, and how to send them. The Sender's mu guards it.
type keyQueue struct {
	payloadType uint8
	clock       uint32 // of the telephone-event format; 0: the party takes none
	// tones is the format that keys are sent in as tones instead; nil for as events.
	tones   *Format
	waiting []dtmf.Key
	running bool // the goroutine lives
	playing bool // a key is being sent: the source is muted
}

// SetTelephoneEvent says how the party takes keys: the payload type and clock rate (Hz) of its
// telephone-event format (RFC 4733). A clock rate of 0 means that it takes none.
func (s *Sender) SetTelephoneEvent(payloadType uint8, clockRate uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.payloadType, s.keys.clock = payloadType&0x7f, clockRate
}

// SetKeyTones has keys sent as tones in a format that the party takes, and not as events; nil undoes it.
func (s *Sender) SetKeyTones(format *Format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.tones = nil
	if format != nil && Transcodable(format.Codec) {
		tones := *format
		s.keys.tones, s.keys.payloadType = &tones, tones.PayloadType&0x7f
	}
}

// takesKeys tells whether keys can be sent. The caller holds mu.
func (s *Sender) takesKeys() bool {
	return !s.closed && !s.off && (s.keys.clock != 0 || s.keys.tones != nil)
}

// SendDTMF plays a key after those that wait, and tells whether it can: false if the party takes no telephone
// events and no tones, we may not send, too many keys wait, the Sender is closed, or digit is no key. The source is
// muted while a key plays. The timestamp of a key is on the clock of the audio, its duration on that of the
// telephone-event format, as browsers do it when the two differ.
func (s *Sender) SendDTMF(digit byte, duration time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := dtmf.Event(digit)
	if !known || !s.takesKeys() || len(s.keys.waiting) >= maxKeys {
		return false
	}
	s.keys.waiting = append(s.keys.waiting, dtmf.Key{Digit: digit, Duration: duration})
	if !s.keys.running {
		s.keys.running = true
		s.playing.Add(1)
		go s.playKeys()
	}
	return true
}

// Close stops the stream: nothing is written after it returns, and no goroutine is left. It must not be
// called from Write.
func (s *Sender) Close() {
	s.writing.Lock() // waits for a Write that is under way
	s.shut()
	s.writing.Unlock()
	s.playing.Wait()
}

func (s *Sender) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}

// playKeys plays the waiting keys and ends when none is left.
func (s *Sender) playKeys() {
	defer s.playing.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		key, ok := s.nextKey()
		if !ok {
			return
		}
		s.endKey(s.playKey(key, timer))
		s.pause(timer, keyGap)
	}
}

// nextKey takes a key from the queue, or marks the goroutine as gone.
func (s *Sender) nextKey() (key keyPackets, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.keys.waiting) > 0 && s.takesKeys() {
		next := s.keys.waiting[0]
		s.keys.waiting = s.keys.waiting[1:]
		key, err := s.packetsOf(next)
		if err == nil {
			return key, true
		}
	}
	s.keys.waiting, s.keys.running = nil, false
	return nil, false
}

// packetsOf makes the packets of a key as the party takes them. The caller holds mu.
func (s *Sender) packetsOf(key dtmf.Key) (keyPackets, error) {
	if s.keys.tones != nil {
		return newKeyTone(key, *s.keys.tones)
	}
	sender, err := dtmf.NewSender(key.Digit, key.Duration, s.keys.clock)
	return &keyEvent{sender: sender}, err
}

// playKey sends the packets of one key at their pace, and tells whether it got to the end.
func (s *Sender) playKey(key keyPackets, timer *time.Timer) bool {
	var start uint32
	for {
		packet, more := key.next()
		if !more {
			return true
		}
		if !s.writeKey(packet, &start) || !s.pause(timer, dtmf.Interval) {
			return false
		}
	}
}

// pause waits, and tells whether the Sender is still open.
func (s *Sender) pause(timer *time.Timer, duration time.Duration) bool {
	timer.Reset(duration)
	select {
	case <-s.done:
		return false
	case <-timer.C:
		return true
	}
}

// endKey gives the stream back to the source.
func (s *Sender) endKey(finished bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.playing = false
	if finished {
		s.counts.Keys++
	}
}

// writeKey sends one packet of a key; start is the timestamp at which the key began, set by its first packet.
func (s *Sender) writeKey(packet keyPacket, start *uint32) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.stampKey(packet, start) {
		return false
	}
	// A packet that the socket refused is like one lost: the next ones tell the same.
	_ = s.write(&s.header, packet.payload)
	return true
}

func (s *Sender) stampKey(packet keyPacket, start *uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.takesKeys() {
		return false
	}
	if packet.marker {
		*start = s.timestampNow(s.place.clock)
		s.place.timestamp, s.place.at, s.place.started = *start, s.now(), true
		s.keys.playing = true
	}
	s.place.sequence++
	s.source.broken = true
	s.header = rtp.Header{
		Version: 2, Marker: packet.marker, PayloadType: s.keys.payloadType,
		SequenceNumber: uint16(s.place.sequence), Timestamp: *start + packet.offset, SSRC: s.counts.SSRC,
	}
	s.counts.Packets++
	s.counts.Octets += uint64(len(packet.payload))
	return true
}
