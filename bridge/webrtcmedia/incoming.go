package webrtcmedia

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// incoming takes what the browser sends: audio goes to the Switch, keys to the leg.
type incoming struct {
	events bridge.MediaEvents
	audio  transcode.Switch
	// accepted is what may come; nil before anything was agreed.
	accepted atomic.Pointer[acceptance]
	// latest is when the last good packet came, in Unix nanoseconds.
	latest atomic.Int64
	// dropped counts packets of payload types that were not agreed.
	dropped atomic.Uint64

	// ssrc, keys and clock belong to whoever calls packet.
	ssrc  uint32
	keys  *dtmf.Receiver
	clock uint32 // that keys was made for, in Hz

	// mu guards what follows; it is held for header arithmetic only.
	mu         sync.Mutex
	reception  reception
	remoteLost uint64
	roundTrip  time.Duration
}

// role says what a payload type is for.
type role uint8

const (
	roleNone role = iota
	roleAudio
	roleEvent
	roleNoise // comfort noise: shows that the browser lives
)

// comfortNoise is the static payload type of RFC 3389. Browsers may send it unasked beside G.711.
const comfortNoise = 13

// acceptance is what the browser may send. It is never changed once it is in use.
type acceptance struct {
	roles    [128]role
	clocks   [128]uint32
	receives bool
}

// accept puts an agreement in force.
func (i *incoming) accept(agreed agreement) {
	accepted := &acceptance{receives: agreed.direction.Receives()}
	accepted.roles[comfortNoise] = roleNoise
	for _, event := range agreed.events {
		accepted.roles[event.PayloadType&0x7f] = roleEvent
		accepted.clocks[event.PayloadType&0x7f] = event.ClockRate
	}
	for _, format := range agreed.formats {
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
		i.dropped.Add(1)
		return
	}
	i.latest.Store(now.UnixNano())
	i.count(packet, does, accepted.clocks[number], now)
	if packet.SSRC != i.ssrc {
		i.ssrc = packet.SSRC
		if i.keys != nil {
			i.keys.Flush()
		}
	}
	if !accepted.receives {
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
	_ = i.audio.WriteRTP(packet)
}

func (i *incoming) count(packet *rtp.Packet, does role, clock uint32, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reception.packet(packet.SSRC, packet.SequenceNumber, now)
	if does == roleAudio {
		i.reception.timing(packet.Timestamp, clock, now)
	}
}

func (i *incoming) key(packet *rtp.Packet, clock uint32, now time.Time) {
	if i.keys == nil || i.clock != clock {
		i.clock = clock
		i.keys = dtmf.NewReceiver(clock, i.pressed)
	}
	if i.keys.Receive(packet.Timestamp, packet.Marker, packet.Payload, now) != nil {
		i.dropped.Add(1)
	}
}

func (i *incoming) pressed(key dtmf.Key) {
	if i.events.Pressed != nil {
		i.events.Pressed(bridge.DTMF{Digit: key.Digit, Duration: key.Duration})
	}
}

// reports takes RTCP from the browser that came now.
func (i *incoming) reports(packets []rtcp.Packet, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, packet := range packets {
		switch report := packet.(type) {
		case *rtcp.SenderReport:
			i.reception.senderReport(report.SSRC, report.NTPTime, now)
			i.blocks(report.Reports, now)
		case *rtcp.ReceiverReport:
			i.blocks(report.Reports, now)
		}
	}
}

// blocks takes what the browser says of our stream, which is all that it gets from us.
func (i *incoming) blocks(blocks []rtcp.ReceptionReport, now time.Time) {
	for _, block := range blocks {
		i.remoteLost = uint64(block.TotalLost)
		if block.TotalLost&(1<<23) != 0 { // negative: duplicates (RFC 3550 section 6.4.1)
			i.remoteLost = 0
		}
		if block.LastSenderReport != 0 {
			elapsed := compactNTP(now) - block.LastSenderReport - block.Delay
			if elapsed < 1<<31 {
				i.roundTrip = time.Duration(elapsed) * time.Second >> 16
			}
		}
	}
}

// block gives our report on the browser's stream; none before it began.
func (i *incoming) block(now time.Time) []rtcp.ReceptionReport {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reception.block(now)
}

// quiet gives how long nothing has come, counted from since at the earliest.
func (i *incoming) quiet(since, now time.Time) time.Duration {
	latest := time.Unix(0, i.latest.Load())
	if latest.Before(since) {
		latest = since
	}
	return now.Sub(latest)
}

func (i *incoming) stats() bridge.MediaStats {
	i.mu.Lock()
	defer i.mu.Unlock()
	return bridge.MediaStats{
		Received: i.reception.total, Lost: i.reception.lost(), Jitter: i.reception.jitterTime(),
		RemoteLost: i.remoteLost, RoundTrip: i.roundTrip,
	}
}
