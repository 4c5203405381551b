package transcode

import (
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"sipbridge/transcode/h264/payload"
	"sipbridge/transcode/picture"
)

// assembly puts the packets of a stream together to pictures, and cuts pictures into packets. Packets come in order; it
// belongs to one goroutine, the cutting to another.
type assembly interface {
	// put takes a packet and gives done each picture that is whole with it.
	put(packet *rtp.Packet, done func(frame))
}

// frame is one picture.
type frame struct {
	data      []byte
	timestamp uint32
	// key tells that decoding can begin with it.
	key bool
	// turned and orientation are how it is to be turned, if that was said.
	turned      bool
	orientation byte
}

func newAssembly(codec picture.Codec) assembly {
	if codec == picture.VP8 {
		return &assemblyVP8{}
	}
	return &assemblyH264{}
}

type assemblyH264 struct {
	depacketizer payload.Depacketizer
	stream       []byte
}

func (a *assemblyH264) put(packet *rtp.Packet, done func(frame)) {
	a.depacketizer.Put(packet, func(whole payload.Picture) {
		a.stream = payload.Join(a.stream[:0], whole.Units)
		done(frame{
			data: a.stream, timestamp: whole.Timestamp, key: payload.Has(whole.Units, payload.InstantRefresh),
		})
	})
}

// maxFrame is the largest picture, in octets.
const maxFrame = 1 << 20

type assemblyVP8 struct {
	packet  codecs.VP8Packet
	data    []byte
	begun   bool
	started bool
	next    uint16
	stamp   uint32
}

func (a *assemblyVP8) put(packet *rtp.Packet, done func(frame)) {
	missed := a.started && packet.SequenceNumber != a.next
	a.started, a.next = true, packet.SequenceNumber+1
	if missed || a.begun && packet.Timestamp != a.stamp {
		a.begun = false
	}
	if len(packet.Payload) == 0 {
		return
	}
	part, err := a.packet.Unmarshal(packet.Payload)
	switch {
	case err != nil || len(a.data)+len(part) > maxFrame:
		a.begun = false
		return
	case a.packet.S == 1 && a.packet.PID == 0 && !a.begun:
		a.begun, a.stamp, a.data = true, packet.Timestamp, a.data[:0]
	}
	if !a.begun {
		return
	}
	a.data = append(a.data, part...)
	if packet.Marker && len(a.data) > 0 {
		a.begun = false
		done(frame{data: a.data, timestamp: packet.Timestamp, key: a.data[0]&1 == 0})
	}
}

// cutting cuts pictures into payloads.
type cutting struct {
	codec picture.Codec
	avc   payload.Packetizer
	vp8   codecs.VP8Payloader
}

func (c *cutting) cut(data []byte, send func(payload []byte, last bool)) {
	if c.codec == picture.VP8 {
		parts := c.vp8.Payload(payload.DefaultMaxSize, data)
		for i, part := range parts {
			send(part, i == len(parts)-1)
		}
		return
	}
	var units [][]byte
	payload.Split(data, func(unit []byte) { units = append(units, unit) })
	c.avc.Packetize(units, send)
}
