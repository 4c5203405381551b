package transcode

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/comfortnoise"
	"sipbridge/transcode/sequence"
)

// SenderOptions says how a Sender sends.
type SenderOptions struct {
	// SSRC of the stream; 0 means a random one.
	SSRC uint32
	// Write sends one packet. It is never called by two goroutines at a time, and in the order of the
	// sequence numbers but for packets that came late. Header and payload are valid until it
	// returns. Required.
	Write func(header *rtp.Header, payload []byte) error
	// Pictures tells that the marker ends a picture (RFC 6184 section 5.1, RFC 7741 section 4.1) and stays as it is.
	// That of sound begins a talkspurt (RFC 3551 section 4.1), and is set where the source changes.
	Pictures bool
	// Reaches tells whether Write has a way to the party; nil means that SetEnabled says it all.
	Reaches func() bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sender is the RTP stream toward one party. It owns one SSRC, and its sequence numbers and timestamps run
// on for the life of the call, whatever source is plugged into it: out = in + offset. The offsets are
// set anew when the source's SSRC, numbering or clock changes, or its timestamps leap; then the sequence goes on
// with the next number, the timestamp by the time that passed, and the marker of sound is set. Gaps stay gaps and late
// packets keep their place. A number is never used twice, as SRTP demands.
//
// Keys (RFC 4733) are put between the packets by a goroutine that lives while keys are waiting.
// All methods may be called from any goroutine.
type Sender struct {
	write func(header *rtp.Header, payload []byte) error
	now   func() time.Time
	// reaches is SenderOptions.Reaches.
	reaches func() bool
	// pictures is SenderOptions.Pictures.
	pictures bool
	// loss is what the party reports of our stream.
	loss lossEstimate
	// request is how the party wants to be spoken to.
	request modeRequest
	// redundancy repeats payloads where the party takes that.
	redundancy redundancy
	// noise tells that the party takes descriptions of noise.
	noise atomic.Bool

	// writing puts the packets of the source and of the keys in one order. It is held across Write,
	// because SRTP needs its packets one at a time and in order; mu never is.
	writing sync.Mutex
	// header is handed to Write; guarded by writing.
	header rtp.Header

	// mu guards everything below.
	mu     sync.Mutex
	clocks [128]uint32 // clock rate of each agreed payload type; 0: not agreed
	place  outPlace
	source inPlace
	// captured is what was said last of when something was captured.
	captured capture
	keys     keyQueue
	counts   SenderStats
	off      bool // direction: we may not send
	closed   bool

	done    chan struct{}  // closed by Close
	playing sync.WaitGroup // the goroutine that plays keys
}

// outPlace is where the outgoing stream stands.
type outPlace struct {
	started   bool
	sequence  int64  // the newest number used, on an unbroken count
	timestamp uint32 // at the time at, by clock
	at        time.Time
	clock     uint32
}

// inPlace is where the source stands, and what makes its packets ours.
type inPlace struct {
	known  bool
	ssrc   uint32
	clock  uint32
	window sequence.Window

	// first is the oldest number that the offsets hold for; older packets have no place any more.
	first          int64
	sequenceOffset int64
	timeOffset     uint32
	// broken asks for a new sequence offset, because packets of the source were left out.
	broken bool
}

// NewSender makes a Sender. Nothing is sent before SetFormats.
func NewSender(options SenderOptions) *Sender {
	s := &Sender{
		write: options.Write, now: options.Now, reaches: options.Reaches, pictures: options.Pictures,
		done: make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.counts.SSRC = options.SSRC
	for s.counts.SSRC == 0 {
		s.counts.SSRC = rand.Uint32()
	}
	// RFC 3550 section 5.1 wants random starts. The low half of the numbers keeps the first roll-over away
	// from the first packets, where SRTP could miss it (RFC 3711 section 3.3.1).
	s.place.sequence = int64(rand.Uint32N(1 << 15))
	s.place.timestamp = rand.Uint32()
	return s
}

// SetFormats says which payload types the party agreed to; packets of others are dropped and counted.
func (s *Sender) SetFormats(formats []Format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clocks = [128]uint32{}
	for i, format := range formats {
		s.clocks[format.PayloadType&0x7f] = format.ClockRate
		if i == 0 && !s.place.started {
			s.place.clock, s.place.at = format.ClockRate, s.now()
		}
	}
}

// SetEnabled says whether we may send: false while the party holds. What is written meanwhile is dropped, and a
// key that is being played is cut off.
func (s *Sender) SetEnabled(enabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = !enabled
}

// WriteRTP sends a packet of the source. The error is that of Write; a packet that is dropped is none.
func (s *Sender) WriteRTP(packet *rtp.Packet) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.stamp(packet) {
		return nil
	}
	return s.write(&s.header, s.repeat(packet.Payload))
}

// stamp makes the header of an outgoing packet, or says that the packet is not to be sent.
func (s *Sender) stamp(packet *rtp.Packet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ahead, ok := s.accept(packet)
	if !ok {
		return false
	}
	marker := packet.Marker
	if s.source.broken {
		s.source.broken, marker = false, marker || !s.pictures
		s.source.first = number
		s.source.sequenceOffset = s.place.sequence + 1 - number
	}
	timestamp := packet.Timestamp + s.source.timeOffset
	out := number + s.source.sequenceOffset
	if ahead {
		s.place = outPlace{started: true, sequence: out, timestamp: timestamp, at: s.now(), clock: s.source.clock}
	}
	s.header = rtp.Header{
		Version: 2, Marker: marker, PayloadType: packet.PayloadType,
		SequenceNumber: uint16(out), Timestamp: timestamp, SSRC: s.counts.SSRC,
	}
	if s.pictures && packet.Extension { // the orientation
		s.header.Extension, s.header.ExtensionProfile = true, packet.ExtensionProfile
		s.header.Extensions = packet.Extensions
	}
	s.counts.Packets++
	s.counts.Octets += uint64(len(packet.Payload))
	return true
}

// accept gives the place of a packet in its source's count, or drops it. Only packets ahead of all others
// can break the numbering, so that a late one never moves its successors.
func (s *Sender) accept(packet *rtp.Packet) (number int64, ahead, ok bool) {
	clock, silent := s.clockOf(packet)
	if clock == 0 && !silent {
		s.counts.WrongPayloadType++
		s.source.broken = true
		return 0, false, false
	}
	if !s.source.known || packet.SSRC != s.source.ssrc {
		s.source = inPlace{known: true, ssrc: packet.SSRC}
	}
	number, verdict := s.source.window.Place(packet.SequenceNumber)
	switch {
	case verdict == sequence.Stray || verdict == sequence.Duplicate,
		verdict == sequence.Late && number < s.source.first:
		s.counts.Dropped++
		return 0, false, false
	case verdict == sequence.Late:
		return number, false, s.late(silent, clock)
	case s.closed || s.off || s.keys.playing:
		s.source.broken = true
		s.counts.Muted++
		return 0, false, false
	case silent:
		s.skip(number, verdict)
		return 0, false, false
	}
	if verdict == sequence.First || s.leaps(packet.Timestamp, clock) {
		s.anchor(packet.Timestamp, clock)
	}
	return number, true, true
}

// clockOf gives the clock of a packet, 0 if its payload type was not agreed on, and tells whether there is nothing in
// it for the party.
func (s *Sender) clockOf(packet *rtp.Packet) (clock uint32, silent bool) {
	clock, silent = s.clocks[packet.PayloadType&0x7f], len(packet.Payload) == 0
	if clock == 0 && packet.PayloadType == comfortnoise.PayloadType {
		return comfortnoise.ClockRate, silent || !s.noise.Load()
	}
	return clock, silent
}

// late tells whether a packet that came late may still be sent.
func (s *Sender) late(silent bool, clock uint32) bool {
	muted := s.closed || s.off || s.keys.playing
	if muted || s.source.broken || clock != s.source.clock || silent {
		s.counts.Dropped++
		return false
	}
	return true
}

// skip closes the gap that a number without media would leave.
func (s *Sender) skip(number int64, verdict sequence.Verdict) {
	if verdict == sequence.First {
		s.source.broken = true
		return
	}
	s.source.sequenceOffset--
	s.source.first = number + 1
}

// anchor ties a new source, or a new clock, to the running stream.
func (s *Sender) anchor(timestamp, clock uint32) {
	s.source.timeOffset = s.timestampNow(clock) - timestamp
	s.source.clock = clock
	s.source.broken = true
	s.captured = capture{} // said of another time line
}

// leap is how far a source's timestamps may be off the time that has passed: farther than anything is held on its way.
const leap = 10 * time.Second

// leaps tells whether a timestamp has nothing to do with those before, by its clock or by itself.
func (s *Sender) leaps(timestamp, clock uint32) bool {
	off := int64(int32(timestamp + s.source.timeOffset - s.timestampNow(clock)))
	return clock != s.source.clock || max(off, -off) > int64(leap/time.Second)*int64(clock)
}

// timestampNow is the stream's timestamp at this moment.
func (s *Sender) timestampNow(clock uint32) uint32 {
	if s.place.at.IsZero() {
		return s.place.timestamp
	}
	elapsed := max(s.now().Sub(s.place.at), 0)
	return s.place.timestamp + uint32(int64(elapsed/time.Microsecond)*int64(clock)/1e6)
}
