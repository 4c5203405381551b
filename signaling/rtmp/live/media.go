package live

import (
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// media is the sound of a leg: what the stream says, and nothing toward it.
type media struct {
	heard transcode.Switch
	// agreed are the formats agreed with the call; nil before.
	agreed   atomic.Pointer[[]transcode.Format]
	received atomic.Uint64
}

// Receive sets where what the stream says goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Audio {
		m.heard.Set(to)
	}
}

// Sender drops: a publisher hears nothing.
func (m *media) Sender(transcode.Kind) transcode.PacketWriter { return &transcode.Switch{} }

// Stats counts packets.
func (m *media) Stats() bridge.MediaStats { return bridge.MediaStats{Received: m.received.Load()} }

// agree puts the formats of a description in force.
func (m *media) agree(description bridge.Description) {
	audio, _ := description.First(transcode.Audio)
	m.agreed.Store(&audio.Formats)
}

// takes tells whether a codec was agreed.
func (m *media) takes(codec transcode.Codec) bool {
	_, ok := m.format(codec)
	return ok
}

func (m *media) format(codec transcode.Codec) (transcode.Format, bool) {
	agreed := m.agreed.Load()
	if agreed == nil {
		return transcode.Format{}, false
	}
	for _, format := range *agreed {
		if format.Equal(codec) {
			return format, true
		}
	}
	return transcode.Format{}, false
}

// say hands a packet to the call under the payload type that it knows; one of another codec is dropped.
func (m *media) say(codec transcode.Codec, packet *rtp.Packet) {
	format, ok := m.format(codec)
	if !ok {
		return
	}
	own := rtp.Packet{Header: packet.Header, Payload: packet.Payload}
	own.PayloadType = format.PayloadType
	m.received.Add(1)
	_ = m.heard.WriteRTP(&own) // what became of it is counted where it went
}
