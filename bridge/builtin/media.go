package builtin

import (
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// kinds is the size of arrays by transcode.Kind.
const kinds = transcode.Video + 1

// media is the sound of a built-in number, and the pictures of echo.
type media struct {
	// out is where what the number says and shows goes.
	out [kinds]transcode.Switch
	// in takes what the number hears and sees; nil drops it. It is set before the leg is used.
	in [kinds]transcode.PacketWriter

	said, heard atomic.Uint64
}

// Receive sets where what the number says or shows goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) { m.out[kind].Set(to) }

// Sender takes what the number hears or sees.
func (m *media) Sender(kind transcode.Kind) transcode.PacketWriter {
	return transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		if kind == transcode.Audio {
			m.heard.Add(1)
		}
		if m.in[kind] == nil {
			return nil
		}
		return m.in[kind].WriteRTP(packet)
	})
}

// Stats counts packets of sound; a built-in number loses none.
func (m *media) Stats() bridge.MediaStats {
	return bridge.MediaStats{Audio: quality.Stats{
		Received: m.said.Load(), Sent: m.heard.Load(), Reliable: true,
	}}
}

// say sends a packet of the number.
func (m *media) say(packet *rtp.Packet) error {
	m.said.Add(1)
	return m.out[transcode.Audio].WriteRTP(packet)
}
