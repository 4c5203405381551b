package rtmp

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/transcode"
	"sipbridge/transcode/avcodec"
)

// recodedSound stands for recoded sound where the upper half of a tag would stand.
const recodedSound = 0xff

// recode takes an audio message in a codec that nobody else has. Where it cannot be decoded the client is told.
func (c *conn) recode(message chunk.Message) {
	err := c.recoder.take(message.Payload)
	if errors.Is(err, errUnheard) || errors.Is(err, avcodec.ErrMissing) {
		c.refuseSound(message)
	}
	if err == nil {
		err = c.sendRecoded(message)
	}
	if err != nil {
		c.server.counts.audioDropped.Add(1)
	}
}

// sendRecoded sends what was decoded to whoever hears the client.
func (c *conn) sendRecoded(message chunk.Message) error {
	if c.publisher != nil {
		return c.publisher.sendRecoded(message)
	}
	speaking := c.speaking(message.StreamID)
	if speaking == nil {
		return nil // it may publish before it calls
	}
	format, agreed := speaking.media.first()
	if !agreed {
		return nil
	}
	return c.recoder.send(format, message.Timestamp, speaking.media.hearPacket)
}

// sendRecoded says to all what was decoded, in Opus.
func (p *publisher) sendRecoded(message chunk.Message) error {
	if p.stream == nil || message.StreamID != p.number {
		return nil
	}
	format := transcode.Format{Codec: transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2}, PayloadType: 111}
	return p.conn.recoder.send(format, message.Timestamp, func(packet *rtp.Packet) {
		if p.said != recodedSound {
			p.said = recodedSound
			p.stream.Announce(transcode.Audio, format)
			p.call()
		}
		p.stream.Send(transcode.Audio, packet)
	})
}

// refuseSound tells the client, once, that its sound is not understood. A publisher ends with that.
func (c *conn) refuseSound(message chunk.Message) {
	if c.refusedSound {
		return
	}
	c.refusedSound = true
	cause := unsupported(soundName(message.Payload[0]))
	if c.publisher != nil {
		c.publisher.over(cause)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(message.StreamID, "onStatus", 0.0, nil, statusInfo("error", "NetStream.Failed", reasonText(cause)))
}

// unsupported is the cause of sound or pictures in a codec that nobody here understands.
func unsupported(codec string) bridge.Cause {
	return bridge.Cause{Status: 415, Text: "Unsupported Media Type: " + codec}
}

// soundName names the codec of an audio message (FLV specification, section E.4.2.1).
func soundName(tag byte) string {
	switch tag >> 4 {
	case 2, 14:
		return "MP3"
	case 4, 5, 6:
		return "Nellymoser"
	case 10:
		return "AAC"
	default:
		return fmt.Sprintf("sound format %d", tag>>4)
	}
}
