package transcode

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/comfortnoise"
	"sipbridge/transcode/fragment"
	"sipbridge/transcode/h264"
)

// Pipe is the way of the packets from one party to another, made by Connect. WriteRTP belongs to one goroutine
// at a time; all other methods may be called by any. Where it transcodes what comes unevenly, a timer lets out what it
// holds, until Close; where it transcodes pictures, a goroutine does that.
type Pipe struct {
	to  Format
	dst PacketWriter
	// pictures tells that the receiver's format is one of pictures.
	pictures bool
	// transcodes tells that some route does; noTimer is ConnectOptions.NoTimer. Both are constant.
	transcodes, noTimer bool

	// mu is held over the whole way of a packet where some are transcoded, because a timer may send some, too, and dst
	// has one writer at a time. It guards what follows, and the transcoders.
	mu     sync.Mutex
	began  time.Time
	timer  *time.Timer // nil before something was held
	armed  bool
	closed bool

	// routes has the way for each payload type of the source; nil where none was agreed.
	routes [128]*route
	// current is the route of the last packet. WriteRTP sets it; String reads it.
	current atomic.Pointer[route]
	// out is the packet being passed through, or shown to the transcoder without what only the source
	// means; owned by WriteRTP.
	out rtp.Packet

	// pass is passOn, whole is send, made once because a method value costs memory.
	pass, whole func(*rtp.Packet) error
	// continuity follows pictures that pass through; nil for none, or where nobody can be asked for a full one.
	continuity *continuity

	in, sent, wrongPayloadType atomic.Uint64
	// sound and decodeErrors are counted by the transcoders.
	sound        soundCounts
	decodeErrors atomic.Uint64
}

// route is the way for one format of the source.
type route struct {
	from, to Format
	// transcoder is nil where packets pass through.
	transcoder *transcoder
	// pictures is nil where they pass through.
	pictures *pictures
	// sets puts parameter sets between packets of H.264 that pass through; nil where there are none to put.
	sets *h264.Inserter
	// units packs H.264 anew; nil where packets stay as they are.
	units *singleUnits
	// splitter cuts those that are too large; nil where the receiver takes any.
	splitter *fragment.Splitter
	// payloads reads pictures that pass through; nil for what cannot be read.
	payloads payloads
	// overheard listens to sound that passes through, until there is some; nil where it cannot.
	overheard *overheard
}

// PipeStats counts what went through a Pipe.
type PipeStats struct {
	// In and Out count packets.
	In, Out uint64
	// Lost counts packets that never came, as far as that was looked for: not where they pass through.
	Lost uint64
	// Sound tells of what was decoded.
	Sound SoundStats
	// Late, Duplicates and Strays count packets dropped: after their place was concealed, a second
	// time, or with a sequence number far from all others.
	Late, Duplicates, Strays uint64
	// Delay is by how much packets of the format that came last are held now, so that they go out evenly.
	Delay time.Duration
	// WrongPayloadType counts packets dropped because their payload type was not agreed.
	WrongPayloadType uint64
	// DecodeErrors counts packets that could not be decoded.
	DecodeErrors uint64
	// Broken is how long pictures that pass through could not be decoded by who gets them, for want of packets that did
	// not come: until the next full one came, or if none did, until the last packet. The time before the first full one
	// of a stream does not count, unless packets were missing then.
	Broken time.Duration
}

// WriteRTP takes a packet from the source. The error is that of the receiver.
func (p *Pipe) WriteRTP(packet *rtp.Packet) error {
	p.in.Add(1)
	if !p.transcodes {
		return p.write(packet)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	err := p.write(packet)
	p.arm()
	return err
}

// write sends a packet its way.
func (p *Pipe) write(packet *rtp.Packet) error {
	payload := packet.Payload
	noise := packet.PayloadType == comfortnoise.PayloadType && p.routes[comfortnoise.PayloadType] == nil
	if noise && p.current.Load().from.ClockRate != comfortnoise.ClockRate {
		payload = nil
	}
	if len(payload) > 0 && !noise && !p.choose(packet.PayloadType) {
		p.wrongPayloadType.Add(1)
		payload = nil // its sequence number is accounted for, or it would be taken for a loss
	}
	p.out.Header = rtp.Header{
		Version: 2, Marker: packet.Marker, PayloadType: packet.PayloadType,
		SequenceNumber: packet.SequenceNumber, Timestamp: packet.Timestamp, SSRC: packet.SSRC,
	}
	p.out.Payload = payload
	way := p.current.Load()
	if way.transcoder != nil {
		return way.transcoder.write(&p.out, time.Since(p.began))
	}
	if p.pictures && packet.Extension { // the orientation
		p.out.Extension, p.out.ExtensionProfile = true, packet.ExtensionProfile
		p.out.Extensions = packet.Extensions
	}
	if way.pictures != nil {
		return way.pictures.write(&p.out, way.sets)
	}
	if p.continuity != nil && way.payloads != nil {
		p.continuity.take(&p.out, way.payloads.Begins(payload), time.Now())
	}
	if !noise {
		way.overheard.take(payload)
		p.out.PayloadType = p.to.PayloadType
	}
	if way.sets != nil {
		return way.sets.Write(&p.out, p.pass)
	}
	return p.pass(&p.out)
}

// passOn passes a packet on, packed anew or cut if it has to be.
func (p *Pipe) passOn(packet *rtp.Packet) error {
	way := p.current.Load()
	switch {
	case way.units != nil:
		way.units.write(packet)
		return nil
	case way.splitter != nil:
		return way.splitter.Write(packet, p.whole)
	default:
		return p.send(packet)
	}
}

// arm has the timer go off when something that is held may go out. The caller holds mu.
func (p *Pipe) arm() {
	way := p.current.Load()
	due, ok := time.Duration(0), false
	if way.transcoder != nil && !p.noTimer {
		due, ok = way.transcoder.due()
	}
	switch {
	case !ok && p.armed:
		p.timer.Stop()
	case ok && p.timer == nil:
		p.timer = time.AfterFunc(due-time.Since(p.began), p.letOut)
	case ok:
		p.timer.Reset(due - time.Since(p.began))
	}
	p.armed = ok
}

// letOut is called by the timer.
func (p *Pipe) letOut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if way := p.current.Load(); way.transcoder != nil {
		// The receiver counts what it cannot send itself.
		_ = way.transcoder.advance(time.Since(p.began))
	}
	p.arm()
}

// Close drops what is held. Nothing is written to the receiver once it has returned, if none but packets that were
// transcoded went there.
func (p *Pipe) Close() {
	if made := p.transcoded(); made != nil {
		made.close()
	}
	if !p.transcodes {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

// choose takes the route of a payload type, or tells that there is none.
func (p *Pipe) choose(payloadType uint8) bool {
	current, chosen := p.current.Load(), p.routes[payloadType&0x7f]
	if chosen == nil {
		return false
	}
	if chosen != current {
		if current.transcoder != nil {
			current.transcoder.stop()
		}
		p.current.Store(chosen)
	}
	return true
}

// transcoded gives the way of pictures that are transcoded; nil where they pass through.
func (p *Pipe) transcoded() *pictures {
	for _, route := range &p.routes {
		if route != nil && route.pictures != nil {
			return route.pictures
		}
	}
	return nil
}

// TranscodesPictures tells whether the pipe has a place of a PictureLimit.
func (p *Pipe) TranscodesPictures() bool { return p.transcoded() != nil }

// WantKeyframe asks for a full picture where pictures are made, and reports false where those that came last pass
// through: then their source has to be asked.
func (p *Pipe) WantKeyframe() bool {
	made := p.current.Load().pictures
	if made != nil {
		made.wanted.Store(true)
	}
	return made != nil
}

// LimitPictures sets how much is made of pictures, in bit/s, and reports false where those that came last pass through.
func (p *Pipe) LimitPictures(bitrate uint64) bool {
	if made := p.transcoded(); made != nil {
		made.limit(bitrate)
	}
	return p.current.Load().pictures != nil
}

// send passes a packet on to the receiver.
func (p *Pipe) send(packet *rtp.Packet) error {
	if len(packet.Payload) > 0 {
		p.sent.Add(1)
	}
	return p.dst.WriteRTP(packet)
}

// String prints the path of the packets that came last: "PCMU/8000 -> decode 8000 -> opus/48000/2", or
// "G722/8000 -> decode 16000 -> resample 8000 -> PCMU/8000".
func (p *Pipe) String() string {
	current := p.current.Load()
	if current.transcoder == nil && current.pictures == nil {
		return fmt.Sprintf("%s -> %s", current.from, current.to)
	}
	if current.pictures != nil {
		return fmt.Sprintf("%s -> decode -> %s", current.from, current.to)
	}
	way := current.transcoder.path
	if way.resamples() {
		return fmt.Sprintf("%s -> decode %d -> resample %d -> %s", current.from, way.decode, way.encode, current.to)
	}
	return fmt.Sprintf("%s -> decode %d -> %s", current.from, way.decode, current.to)
}

// Decodes tells whether the packets that came last are decoded, and do not pass through.
func (p *Pipe) Decodes() bool { return p.current.Load().transcoder != nil }

// Stats gives a snapshot.
func (p *Pipe) Stats() PipeStats {
	stats := PipeStats{
		In: p.in.Load(), Out: p.sent.Load(), WrongPayloadType: p.wrongPayloadType.Load(),
		Sound: p.sound.stats(), DecodeErrors: p.decodeErrors.Load(),
	}
	if p.continuity != nil {
		stats.Broken = time.Duration(p.continuity.brokenFor.Load())
	}
	for _, route := range &p.routes {
		if route == nil || route.transcoder == nil {
			continue
		}
		held := route.transcoder.buffer.Stats()
		stats.Lost += held.Lost
		stats.Late += held.Late
		stats.Duplicates += held.Duplicates
		stats.Strays += held.Strays
		if route == p.current.Load() {
			stats.Delay = held.Delay
		}
	}
	stats.Sound.Discarded = stats.Late + stats.Duplicates + stats.Strays
	return stats
}
