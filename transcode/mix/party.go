package mix

import (
	"math"
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode"
	"sipbridge/transcode/l16"
)

const (
	// enough is how many samples of a party wait before it is heard, so that a late packet makes no hole.
	enough = 2 * frameSize
	// longest is how many samples one packet of a party may bring.
	longest = l16.SampleRate * int(transcode.MaxPacketTime/time.Millisecond) / 1000
	// most is how many may wait; of more the oldest are left out, down to enough.
	most = longest + 2*enough
	// idle is how many need not have waited, when there were never fewer for so many frames; then the oldest are left
	// out, down to enough of them.
	idle, watched = 2 * enough, int(time.Second / frameTime)
)

// Party is one of those who hear each other. It is the PacketWriter of what it says.
type Party struct {
	// says makes samples of what it says, and hears packets of what it is to hear.
	says, hears transcode.Switch
	// in and out are what they pass to; nil before it agreed. They belong to Agree and Close.
	in, out *transcode.Pipe

	mu sync.Mutex
	// waiting is what it said and nobody has heard; guarded by mu.
	waiting []int16
	// ready tells that enough has come; guarded by mu.
	ready bool
	// fewest is the least that waited after one of so many frames; both guarded by mu.
	fewest, frames int

	// ---- for Mixer.Run ----

	// said is its part of the frame, if it spoke.
	said    [frameSize]int16
	spoke   bool
	payload [2 * frameSize]byte
	frame   rtp.Packet
}

// Agree says in which formats the party speaks, and in which it is sent to dst what the others say. It may be called
// again: what is held in the formats before is dropped then. The error is transcode.ErrNoPath; then everything stays.
func (p *Party) Agree(speaks []transcode.Format, hears transcode.Format, dst transcode.PacketWriter) error {
	in, err := transcode.Connect(speaks, samples(), transcode.PacketWriterFunc(p.keep), transcode.ConnectOptions{})
	if err != nil {
		return err //nolint:wrapcheck // it says all
	}
	out, err := transcode.Connect([]transcode.Format{samples()}, hears, dst, transcode.ConnectOptions{})
	if err != nil {
		return err //nolint:wrapcheck // it says all
	}
	p.Close() // first: a timer of the pipe before would write to a receiver that the next one writes to
	p.in, p.out = in, out
	p.says.Set(in)
	p.hears.Set(out)
	return nil
}

// Close drops what is held of what the party says and is to hear. Neither is passed on until it agrees again. Agree and
// Close belong to one caller at a time.
func (p *Party) Close() {
	p.says.Set(nil)
	p.hears.Set(nil)
	for _, pipe := range []*transcode.Pipe{p.in, p.out} {
		if pipe != nil {
			pipe.Close()
		}
	}
	p.in, p.out = nil, nil
}

// WriteRTP takes a packet of what the party says. It belongs to one goroutine at a time.
func (p *Party) WriteRTP(packet *rtp.Packet) error {
	return p.says.WriteRTP(packet) //nolint:wrapcheck // media path
}

// keep lets samples wait for their frame.
func (p *Party) keep(packet *rtp.Packet) error {
	var pcm [longest]int16
	n := l16.Samples(packet.Payload, pcm[:])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, pcm[:n]...)
	if over := len(p.waiting) - most; over > 0 {
		p.drop(len(p.waiting) - enough)
	}
	return nil
}

// drop forgets the oldest samples. The caller holds mu.
func (p *Party) drop(count int) { p.waiting = p.waiting[:copy(p.waiting, p.waiting[count:])] }

// take takes the party's part of a frame, and reports false if it says nothing.
func (p *Party) take() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		p.ready = len(p.waiting) >= enough
	}
	if p.spoke = p.ready && len(p.waiting) >= frameSize; !p.spoke {
		p.ready = false
		return false
	}
	copy(p.said[:], p.waiting)
	p.drop(frameSize)
	p.catchUp()
	return true
}

// catchUp leaves out what waits for longer than packets of the party's length need, as after some that came late and
// at once. The caller holds mu.
func (p *Party) catchUp() {
	p.fewest = min(p.fewest, len(p.waiting))
	if p.frames++; p.frames < watched {
		return
	}
	if p.fewest > idle {
		p.drop(p.fewest - enough)
	}
	p.fewest, p.frames = most, 0
}

// hear sends the party a frame of what the others say. While nobody does there is a gap, which its stream keeps.
func (p *Party) hear(sum *[frameSize]int32, speaking bool) {
	p.frame.Timestamp += frameSize
	if !speaking {
		p.frame.Marker = true
		return
	}
	for i, sample := range sum {
		if p.spoke {
			sample -= int32(p.said[i])
		}
		sample = min(max(sample, math.MinInt16), math.MaxInt16)
		p.payload[2*i], p.payload[2*i+1] = byte(uint16(sample)>>8), byte(sample)
	}
	p.frame.SequenceNumber++
	p.frame.Payload = p.payload[:]
	_ = p.hears.WriteRTP(&p.frame) // who cannot be sent anything counts that
	p.frame.Marker = false
}
