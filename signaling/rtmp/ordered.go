package rtmp

import (
	"time"

	"github.com/pion/rtp"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/transcode"
	"sipbridge/transcode/jitter"
)

// ordered puts the packets toward a client in order and makes audio messages of them. Flash plays what comes as it
// comes, so the messages leave evenly. It belongs to the leg's Sender, which sends one packet at a time.
type ordered struct {
	media  *media
	clock  uint32 // of the packets in buffer, in Hz
	buffer *jitter.Buffer
	// heard is how much sound has come up to the timestamp newest: the time that buffer goes by.
	heard  time.Duration
	newest uint32
	player player
	pace   pace
}

// push takes a packet as it comes.
func (o *ordered) push(packet *rtp.Packet, format transcode.Format) {
	if o.buffer == nil || o.clock != format.ClockRate {
		o.clock = format.ClockRate
		o.buffer = jitter.NewBuffer(o, jitter.Options{ClockRate: format.ClockRate, Most: -1})
		o.newest = packet.Timestamp
	}
	if ahead := int32(packet.Timestamp - o.newest); ahead > 0 {
		o.heard += time.Duration(ahead) * time.Second / time.Duration(o.clock)
		o.newest = packet.Timestamp
	}
	o.buffer.Push(packet, o.heard)
}

// Restart does nothing: the Sender's stream goes on.
func (o *ordered) Restart() {}

// Lose counts packets that never came.
func (o *ordered) Lose(count int, _ *rtp.Packet) {
	o.media.conn.server.counts.audioLost.Add(uint64(count))
}

// Play makes an audio message of the next packet.
func (o *ordered) Play(packet *rtp.Packet) {
	c := o.media.conn
	stream := c.playing.Load()
	format, known := o.media.formatOf(packet.PayloadType)
	timestamp, inOrder := o.player.at(packet.Timestamp, format.ClockRate, c.clock())
	if o.media.unheard.Load() || c.deaf.Load() {
		return
	}
	if stream == 0 || !known || !inOrder {
		c.server.counts.audioDropped.Add(1)
		return
	}
	said, _ := soundOf(format.Codec)
	message := chunk.Message{
		Type: chunk.Audio, StreamID: stream, Timestamp: timestamp,
		Payload: append([]byte{said.tag}, packet.Payload...),
	}
	due := o.pace.due(time.Duration(timestamp)*time.Millisecond, time.Since(c.began))
	c.server.counts.audioOut.Add(1)
	c.schedule(scheduled{due: due, message: message})
}
