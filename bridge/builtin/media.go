package builtin

import (
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// media is the sound of a built-in number.
type media struct {
	// out is where what the number says goes.
	out transcode.Switch
	// in takes what the number hears; nil drops it. It is set before the leg is used.
	in transcode.PacketWriter

	said, heard atomic.Uint64
}

// Receive sets where what the number says goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Audio {
		m.out.Set(to)
	}
}

// Sender takes what the number hears.
func (m *media) Sender(kind transcode.Kind) transcode.PacketWriter {
	if kind != transcode.Audio {
		return &transcode.Switch{}
	}
	return transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		m.heard.Add(1)
		if m.in == nil {
			return nil
		}
		return m.in.WriteRTP(packet)
	})
}

// Stats counts packets; a built-in number loses none.
func (m *media) Stats() bridge.MediaStats {
	return bridge.MediaStats{Received: m.said.Load(), Sent: m.heard.Load()}
}

// say sends a packet of the number.
func (m *media) say(packet *rtp.Packet) error {
	m.said.Add(1)
	return m.out.WriteRTP(packet)
}
