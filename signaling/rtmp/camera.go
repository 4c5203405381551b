package rtmp

import (
	"math/rand/v2"
	"slices"

	"github.com/pion/rtp"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/transcode"
	"sipbridge/transcode/h264/payload"
)

// camera makes RTP packets of the H.264 messages of one client. The parameter sets, which RTMP says once, go before
// every picture from which decoding can begin, so that it matters to nobody when he came. It belongs to one goroutine.
type camera struct {
	configuration flv.Configuration
	packetizer    payload.Packetizer
	packet        rtp.Packet
	units         [][]byte
}

func newCamera() camera {
	header := rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32())}
	return camera{packet: rtp.Packet{Header: header}}
}

// ready tells whether parameter sets have come: it is H.264 that the client sends.
func (c *camera) ready() bool { return c.configuration.Complete() }

// take reads a message. A picture can then be sent, until the next message is taken; a configuration is kept.
func (c *camera) take(message chunk.Message) (picture bool, err error) {
	video, err := flv.ParseVideo(message.Payload)
	if err != nil || video.Codec != flv.AVC {
		return false, err
	}
	c.units = c.units[:0]
	switch video.Kind {
	case flv.IsConfiguration:
		return false, c.configure(video.Body)
	case flv.IsPicture:
		return c.read(video, message.Timestamp)
	default:
		return false, nil
	}
}

func (c *camera) configure(record []byte) error {
	configuration, err := flv.ParseConfiguration(record)
	if err != nil {
		return err
	}
	for _, sets := range [][][]byte{configuration.Sequence, configuration.Picture} {
		for i := range sets {
			sets[i] = slices.Clone(sets[i]) // the message is only lent
		}
	}
	c.configuration = configuration
	return nil
}

// read takes the units of a picture, and gives it its time at 90 kHz: when it is shown.
func (c *camera) read(video flv.Video, timestamp uint32) (picture bool, err error) {
	if !c.ready() {
		return false, nil
	}
	if video.Key {
		c.units = append(append(c.units, c.configuration.Sequence...), c.configuration.Picture...)
	}
	before := len(c.units)
	if c.units, err = c.configuration.Units(c.units, video.Body); err != nil {
		return false, err
	}
	if payload.Has(c.units[before:], payload.SequenceSet) {
		c.units = c.units[before:] // it brings its own
	}
	const perMillisecond = 90
	c.packet.Timestamp = (timestamp + uint32(video.Composition)) * perMillisecond
	return len(c.units) > 0, nil
}

// send gives the packets of the picture that was taken last.
func (c *camera) send(format transcode.Format, to func(*rtp.Packet)) {
	c.packet.PayloadType = format.PayloadType
	c.packetizer.Packetize(c.units, func(part []byte, last bool) {
		c.packet.SequenceNumber++
		c.packet.Payload, c.packet.Marker = part, last
		to(&c.packet)
	})
}
