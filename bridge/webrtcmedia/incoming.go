package webrtcmedia

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// incoming takes what the browser sends: audio and video go to their Switches, keys and wishes to the leg.
type incoming struct {
	events bridge.MediaEvents
	to     [kinds]transcode.Switch
	// ours are the sources of our streams, by kind. It is constant.
	ours [kinds]uint32
	// lossTold gets the fraction of a stream of ours that the browser reports as lost, in 1/256. It only stores it.
	lossTold func(kind transcode.Kind, fraction uint8)
	// accepted is what may come; nil before anything was agreed.
	accepted atomic.Pointer[acceptance]
	// latest is when the last good packet came, in Unix nanoseconds.
	latest atomic.Int64
	// faults counts what came for nothing, by kind; what kind it would have been is often unknown, which is audio.
	faults [kinds]quality.Faults
	// badKeys counts ill-formed telephone-events.
	badKeys atomic.Uint64

	// ssrc, keys and clock belong to whoever calls packet.
	ssrc  uint32
	keys  *dtmf.Receiver
	clock uint32 // that keys was made for, in Hz

	// mu guards what follows; it is held for header arithmetic only.
	mu        sync.Mutex
	reception [kinds]quality.Reception
	remote    [kinds]quality.Remote
	asked     time.Time // when the browser was last believed to want a full picture
}

// role says what a payload type is for.
type role uint8

const (
	roleNone role = iota
	roleAudio
	roleVideo
	roleEvent
	roleNoise // comfort noise: shows that the browser lives
)

// comfortNoise is the static payload type of RFC 3389. Browsers may send it unasked beside G.711.
const comfortNoise = 13

// acceptance is what the browser may send. It is never changed once it is in use.
type acceptance struct {
	roles    [128]role
	clocks   [128]uint32
	receives [kinds]bool
}

// kind is the kind of media that a payload type belongs to; 0 for one that may not come.
func (a *acceptance) kind(payloadType uint8) transcode.Kind {
	switch a.roles[payloadType&0x7f] {
	case roleNone:
		return 0
	case roleVideo:
		return transcode.Video
	default:
		return transcode.Audio
	}
}

// kind is the kind of media that a payload type belongs to; 0 for one that was not agreed.
func (i *incoming) kind(payloadType uint8) transcode.Kind {
	if accepted := i.accepted.Load(); accepted != nil {
		return accepted.kind(payloadType)
	}
	return 0
}

// accept puts agreements in force.
func (i *incoming) accept(agreed agreements) {
	accepted := &acceptance{}
	accepted.roles[comfortNoise] = roleNoise
	for _, kind := range transcode.Kinds() {
		accepted.receives[kind] = agreed[kind].direction.Receives()
	}
	for _, format := range agreed[transcode.Video].formats {
		accepted.roles[format.PayloadType&0x7f] = roleVideo
		accepted.clocks[format.PayloadType&0x7f] = format.ClockRate
	}
	for _, event := range agreed[transcode.Audio].events {
		accepted.roles[event.PayloadType&0x7f] = roleEvent
		accepted.clocks[event.PayloadType&0x7f] = event.ClockRate
	}
	for _, format := range agreed[transcode.Audio].formats {
		accepted.roles[format.PayloadType&0x7f] = roleAudio
		accepted.clocks[format.PayloadType&0x7f] = format.ClockRate
	}
	i.accepted.Store(accepted)
}

// packet takes one packet, valid until it returns, that came now. One goroutine calls it at a time.
func (i *incoming) packet(packet *rtp.Packet, now time.Time) {
	accepted := i.accepted.Load()
	if accepted == nil {
		return
	}
	number := packet.PayloadType & 0x7f
	does := accepted.roles[number]
	if does == roleNone {
		i.faults[transcode.Audio].IsOfType(number)
		return
	}
	i.latest.Store(now.UnixNano())
	i.count(packet, does, accepted.clocks[number], now)
	if does == roleVideo {
		if accepted.receives[transcode.Video] {
			_ = i.to[transcode.Video].WriteRTP(packet) // what the other leg cannot send it counts itself
		}
		return
	}
	if packet.SSRC != i.ssrc {
		i.ssrc = packet.SSRC
		if i.keys != nil {
			i.keys.Flush()
		}
	}
	if !accepted.receives[transcode.Audio] {
		return
	}
	switch {
	case does == roleEvent && len(packet.Payload) > 0:
		i.key(packet, accepted.clocks[number], now)
	case i.keys != nil:
		i.keys.Expire(now)
	}
	if does != roleAudio {
		packet.Payload = nil // the number is accounted for, or it would be taken for a loss
	}
	// What the other leg cannot send it counts itself.
	_ = i.to[transcode.Audio].WriteRTP(packet)
}

func (i *incoming) count(packet *rtp.Packet, does role, clock uint32, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	heard := &i.reception[transcode.Audio]
	if does == roleVideo {
		heard = &i.reception[transcode.Video]
	}
	if does != roleAudio && does != roleVideo {
		clock = 0 // its timestamp says nothing of when it was sent
	}
	heard.Packet(packet, clock, now)
}

func (i *incoming) key(packet *rtp.Packet, clock uint32, now time.Time) {
	if i.keys == nil || i.clock != clock {
		i.clock = clock
		i.keys = dtmf.NewReceiver(clock, i.pressed)
	}
	if i.keys.Receive(packet.Timestamp, packet.Marker, packet.Payload, now) != nil {
		i.badKeys.Add(1)
	}
}

func (i *incoming) pressed(key dtmf.Key) {
	if i.events.Pressed != nil {
		i.events.Pressed(bridge.DTMF{Digit: key.Digit, Duration: key.Duration})
	}
}

// quiet gives how long nothing has come, counted from since at the earliest.
func (i *incoming) quiet(since, now time.Time) time.Duration {
	latest := time.Unix(0, i.latest.Load())
	if latest.Before(since) {
		latest = since
	}
	return now.Sub(latest)
}
