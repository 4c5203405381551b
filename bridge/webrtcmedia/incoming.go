package webrtcmedia

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/rates"
	"sipbridge/bridge/repair"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
	"sipbridge/transcode/red"
)

// incoming takes what the browser sends: audio and video go to their Switches, keys and wishes to the leg.
type incoming struct {
	events bridge.MediaEvents
	to     [kinds]transcode.Switch
	// ours are the sources of our streams, by kind. It is constant.
	ours [kinds]uint32
	// sent counts the octets of our pictures so far.
	sent func() uint64
	// lossTold gets the fraction of a stream of ours that the browser reports as lost, in 1/256. It only stores it.
	lossTold func(kind transcode.Kind, fraction uint8)
	// accepted is what may come; nil before anything was agreed.
	accepted atomic.Pointer[acceptance]
	// resend sends again what the browser misses of a stream of ours; request asks for what we miss of one of its own.
	resend  func(kind transcode.Kind, missed []rtcp.NackPair, roundTrip time.Duration, now time.Time)
	request func(kind transcode.Kind, source uint32, missing []rtcp.NackPair)
	// tellArrivals tells the browser when its packets came.
	tellArrivals func(feedback []rtcp.Packet)
	// latest is when the last good packet came, in Unix nanoseconds.
	latest atomic.Int64
	// faults counts what came for nothing, by kind; what kind it would have been is often unknown, which is audio.
	faults [kinds]quality.Faults
	// badKeys counts ill-formed telephone-events.
	badKeys atomic.Uint64
	// badRedundancy counts ill-formed packets of RFC 2198.
	badRedundancy atomic.Uint64

	// ssrc, keys, keyClock and arrivals belong to whoever calls packet.
	arrivals *rates.Arrivals
	ssrc     uint32
	keys     *dtmf.Receiver
	keyClock uint32 // that keys was made for, in Hz

	// mu guards what follows; it is held for header arithmetic only.
	mu        sync.Mutex
	reception [kinds]quality.Reception
	pictures  quality.Pictures
	requester [kinds]repair.Requester
	pace      quality.Pace
	extended  quality.Extended
	clock     quality.Clock // of the browser's sender reports
	remote    [kinds]quality.Remote
	reach     rates.Reach
	asked     time.Time // when the browser was last believed to want a full picture
}

// role says what a payload type is for.
type role uint8

const (
	roleNone role = iota
	roleAudio
	roleVideo
	roleEvent
	roleRedundant
	roleNoise // comfort noise: shows that the browser lives
	roleAgain // a packet of video that is sent again
)

// comfortNoise is the static payload type of RFC 3389. Browsers may send it unasked beside G.711.
const comfortNoise = 13

// acceptance is what the browser may send. It is never changed once it is in use.
type acceptance struct {
	roles    [128]role
	clocks   [128]uint32
	receives [kinds]bool
	// asks tells whether lost packets are asked for, reduced whether feedback may go without a report.
	asks, reduced [kinds]bool
	// wishes is what the browser wants of extended reports on sound, and codec the name of that of its sound.
	wishes quality.Wishes
	codec  string
	// again gives for the payload type of a packet that is sent again the one that it had.
	again [128]uint8
	// redundancy takes apart what repeats itself; nil where that was not agreed. It belongs to whoever calls packet.
	redundancy *red.Receiver
	// limited tells whether the browser wants to know what the other party takes; arrivalID is that of its agreement.
	limited   bool
	arrivalID uint8
	// orientationID is that of the agreement on video.
	orientationID uint8
}

// stream is the one that packets of a payload type belong to.
func (a *acceptance) stream(payloadType uint8) stream {
	switch a.roles[payloadType&0x7f] {
	case roleNone:
		return streamNone
	case roleVideo:
		return streamVideo
	case roleAgain:
		return streamAgain
	default:
		return streamAudio
	}
}

// stream is the one that packets of a payload type belong to.
func (i *incoming) stream(payloadType uint8) stream {
	if accepted := i.accepted.Load(); accepted != nil {
		return accepted.stream(payloadType)
	}
	return streamNone
}

// accept puts agreements in force.
func (i *incoming) accept(agreed agreements) {
	accepted := &acceptance{}
	accepted.roles[comfortNoise] = roleNoise
	for _, format := range agreed[transcode.Audio].unlisted { // first: what is agreed counts more
		accepted.roles[format.PayloadType&0x7f] = roleAudio
		accepted.clocks[format.PayloadType&0x7f] = format.ClockRate
	}
	for _, kind := range transcode.Kinds() {
		accepted.receives[kind] = agreed[kind].direction.Receives()
		accepted.asks[kind], accepted.reduced[kind] = agreed[kind].asksAgain(), agreed[kind].reduced
	}
	accepted.wishes = agreed[transcode.Audio].wishes()
	if agreed[transcode.Audio].used() {
		accepted.codec = agreed[transcode.Audio].formats[0].Name
	}
	accepted.limited = slices.Contains(agreed[transcode.Video].feedback, remb)
	accepted.arrivalID = agreed[transcode.Video].arrivalID
	accepted.orientationID = agreed[transcode.Video].orientationID
	for media, again := range agreed[transcode.Video].repairedAs() {
		accepted.roles[again&0x7f], accepted.again[again&0x7f] = roleAgain, media
	}
	for _, format := range agreed[transcode.Video].formats {
		accepted.roles[format.PayloadType&0x7f] = roleVideo
		accepted.clocks[format.PayloadType&0x7f] = format.ClockRate
	}
	for _, event := range agreed[transcode.Audio].events {
		accepted.roles[event.PayloadType&0x7f] = roleEvent
		accepted.clocks[event.PayloadType&0x7f] = event.ClockRate
	}
	if redundant := agreed[transcode.Audio].redundancy; redundant.ClockRate > 0 {
		accepted.roles[redundant.PayloadType&0x7f] = roleRedundant
		accepted.clocks[redundant.PayloadType&0x7f] = redundant.ClockRate
		accepted.redundancy = red.NewReceiver()
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
	if does == roleVideo || does == roleAgain {
		i.picture(packet, does, accepted, now)
		return
	}
	i.count(packet, does, accepted, now)
	if packet.SSRC != i.ssrc {
		i.ssrc = packet.SSRC
		if i.keys != nil {
			i.keys.Flush()
		}
	}
	switch {
	case !accepted.receives[transcode.Audio]:
	case does == roleRedundant:
		i.unpack(accepted, packet, now)
	default:
		if accepted.redundancy != nil {
			accepted.redundancy.Heard(packet)
		}
		i.sound(accepted, packet, now)
	}
}

// unpack takes a packet that repeats those before it.
func (i *incoming) unpack(accepted *acceptance, packet *rtp.Packet, now time.Time) {
	packets, err := accepted.redundancy.Receive(packet)
	if err != nil {
		i.badRedundancy.Add(1)
		packet.Payload = nil
		_ = i.to[transcode.Audio].WriteRTP(packet)
	}
	for at := range packets {
		if accepted.roles[packets[at].PayloadType&0x7f] != roleRedundant {
			i.sound(accepted, &packets[at], now)
		}
	}
}

// sound takes a packet of audio, a key or comfort noise.
func (i *incoming) sound(accepted *acceptance, packet *rtp.Packet, now time.Time) {
	number := packet.PayloadType & 0x7f
	does := accepted.roles[number]
	switch {
	case does == roleEvent && len(packet.Payload) > 0:
		i.key(packet, accepted.clocks[number], now)
	case i.keys != nil:
		i.keys.Expire(now)
	}
	if does != roleAudio && does != roleNoise {
		packet.Payload = nil // the number is accounted for, or it would be taken for a loss
	}
	// What the other leg cannot send it counts itself.
	_ = i.to[transcode.Audio].WriteRTP(packet)
}

// picture takes a packet of video, or one that is sent again.
func (i *incoming) picture(packet *rtp.Packet, does role, accepted *acceptance, now time.Time) {
	i.arrived(packet, accepted, now)
	if does == roleVideo {
		i.count(packet, does, accepted, now)
	} else if !i.restore(packet, accepted.again[packet.PayloadType&0x7f]) {
		return
	}
	transcode.TakeOrientation(&packet.Header, accepted.orientationID)
	if accepted.receives[transcode.Video] {
		_ = i.to[transcode.Video].WriteRTP(packet) // what the other leg cannot send it counts itself
	}
}

// count counts a packet, and asks for those that are missing before it.
func (i *incoming) count(packet *rtp.Packet, does role, accepted *acceptance, now time.Time) {
	kind := transcode.Audio
	if does == roleVideo {
		kind = transcode.Video
	}
	clock := accepted.clocks[packet.PayloadType&0x7f]
	if does != roleAudio && does != roleVideo && does != roleRedundant {
		clock = 0 // its timestamp says nothing of when it was sent
	}
	i.mu.Lock()
	i.reception[kind].Packet(packet, clock, now)
	if kind == transcode.Video {
		i.pictures.Packet(packet, now)
	}
	var missing []rtcp.NackPair
	if accepted.asks[kind] {
		missing = i.requester[kind].Take(packet.SSRC, packet.SequenceNumber, i.roundTrip(), now)
	}
	i.mu.Unlock()
	if missing != nil {
		i.request(kind, packet.SSRC, missing)
	}
}

// restore makes of a packet of video that was sent again what it was, and reports false for one that was not missing.
func (i *incoming) restore(packet *rtp.Packet, payloadType uint8) bool {
	if !repair.Unwrap(packet, payloadType) {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	packet.SSRC, _ = i.reception[transcode.Video].Newest()
	return i.requester[transcode.Video].Found(packet.SSRC, packet.SequenceNumber)
}

func (i *incoming) key(packet *rtp.Packet, clock uint32, now time.Time) {
	if i.keys == nil || i.keyClock != clock {
		i.keyClock = clock
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
