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
	// packets are the last ones of the stream that is cut, and of the one in single units.
	packets [2]rtp.Packet
	// timestamp is that of the picture in units; lookedAhead tells that one was shown before another that came earlier.
	timestamp   uint32
	lookedAhead bool
	units       [][]byte
}

func newCamera() camera {
	var made camera
	for i := range made.packets {
		made.packets[i].Header = rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32())}
	}
	return made
}

// ready tells whether parameter sets have come: it is H.264 that the client sends.
func (c *camera) ready() bool { return c.configuration.Complete() }

// take reads a message. A picture can then be sent, until the next message is taken; a configuration is kept.
func (c *camera) take(message chunk.Message) (picture, configured bool, err error) {
	video, err := flv.ParseVideo(message.Payload)
	if err != nil || video.Codec != flv.AVC {
		return false, false, err
	}
	c.units = c.units[:0]
	switch video.Kind {
	case flv.IsConfiguration:
		err = c.configure(video.Body)
		return false, err == nil, err
	case flv.IsPicture:
		picture, err = c.read(video, message.Timestamp)
		return picture, false, err
	default:
		return false, false, nil
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
	shown := (timestamp + uint32(video.Composition)) * perMillisecond
	c.lookedAhead = c.lookedAhead || video.Composition != 0 && int32(shown-c.timestamp) < 0
	c.timestamp = shown
	return len(c.units) > 0, nil
}

// send gives the packets of the picture that was taken last, or reports false if it does not fit into them.
func (c *camera) send(format transcode.Format, to func(*rtp.Packet)) (sent bool) {
	packet := &c.packets[0]
	if c.packetizer.Single = isSingle(format); c.packetizer.Single {
		packet = &c.packets[1]
	}
	packet.PayloadType, packet.Timestamp = format.PayloadType, c.timestamp
	return c.packetizer.Packetize(c.units, func(part []byte, last bool) {
		packet.SequenceNumber++
		packet.Payload, packet.Marker = part, last
		to(packet)
	})
}
