package recording

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/l16"
)

// tap stands in the way of a party's packets.
type tap struct {
	recording *recording
	channel   bridge.Channel
	to        transcode.PacketWriter
	// pipe decodes; owned by the recording's goroutine.
	pipe *transcode.Pipe
}

// copied is a packet in the queue.
type copied struct {
	tap     *tap
	packet  rtp.Packet
	payload []byte
	// arrived is the position in the recording.
	arrived int64
}

// copies is where those that are free wait. The zero value is empty.
type copies struct{ pool sync.Pool }

func (c *copies) get() *copied {
	if free, ok := c.pool.Get().(*copied); ok {
		return free
	}
	return new(copied)
}

func (c *copies) put(used *copied) { c.pool.Put(used) }

// newTap gives nil if none of the formats can be decoded.
func newTap(r *recording, channel bridge.Channel, formats []transcode.Format, to transcode.PacketWriter) *tap {
	t := &tap{recording: r, channel: channel, to: to}
	sound := transcode.Format{Codec: transcode.Codec{Name: "L16", ClockRate: l16.SampleRate}}
	pipe, err := transcode.Connect(formats, sound, transcode.PacketWriterFunc(t.heard),
		transcode.ConnectOptions{MostDelay: -1, NoTimer: true})
	if err != nil {
		return nil
	}
	t.pipe = pipe
	return t
}

// WriteRTP passes a packet on. The error is that of the receiver.
func (t *tap) WriteRTP(packet *rtp.Packet) error {
	t.recording.take(t, packet)
	return t.to.WriteRTP(packet)
}

// ExpectedLoss is what is to be expected behind the tap.
func (t *tap) ExpectedLoss() int {
	if reporter, ok := t.to.(transcode.LossReporter); ok {
		return reporter.ExpectedLoss()
	}
	return 0
}

// Captured tells whoever is behind the tap.
func (t *tap) Captured(timestamp uint32, at time.Time) bool {
	taker, ok := t.to.(transcode.CaptureTaker)
	return ok && taker.Captured(timestamp, at)
}

// heard takes what the pipe has decoded.
func (t *tap) heard(packet *rtp.Packet) error {
	r := t.recording
	n := l16.Samples(packet.Payload, r.pcm)
	return r.timeline.put(t.channel, packet.SSRC, packet.Timestamp, r.pcm[:n], r.arrived)
}
