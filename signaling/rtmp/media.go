package rtmp

import (
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// media is the sound of a leg.
type media struct {
	conn *conn
	// heard is where what the client says goes.
	heard  transcode.Switch
	sender *transcode.Sender
	// agreed are the formats agreed with the client; nil before.
	agreed   atomic.Pointer[[]transcode.Format]
	received atomic.Uint64
	// unheard tells that the client has another call at its ear.
	unheard atomic.Bool

	// packets belongs to the goroutine that reads the connection.
	packets packetizer
	// ordered belongs to sender, which sends one packet at a time.
	ordered ordered
}

func newMedia(c *conn) *media {
	m := &media{conn: c}
	m.packets, m.ordered.media = newPacketizer(), m
	m.sender = transcode.NewSender(transcode.SenderOptions{Write: m.write})
	return m
}

// Receive sets where what the client says goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Audio {
		m.heard.Set(to)
	}
}

// Sender is the way to the client; what is not audio is dropped.
func (m *media) Sender(kind transcode.Kind) transcode.PacketWriter {
	if kind == transcode.Audio {
		return m.sender
	}
	return &transcode.Switch{}
}

// Stats counts packets. On TCP none is lost.
func (m *media) Stats() bridge.MediaStats {
	return bridge.MediaStats{Received: m.received.Load(), Sent: m.sender.Stats().Packets}
}

// agree puts the formats of a description in force.
func (m *media) agree(description bridge.Description) {
	audio, _ := description.First(transcode.Audio)
	m.agreed.Store(&audio.Formats)
	m.sender.SetFormats(audio.Formats)
}

// close ends the stream to the client.
func (m *media) close() {
	m.sender.Close()
	m.conn.playout.clear()
}

// setHeard says whether this is the call that the client hears.
func (m *media) setHeard(heard bool) { m.unheard.Store(!heard) }

// format gives the agreed format of a codec.
func (m *media) format(said sound) (transcode.Format, bool) {
	agreed := m.agreed.Load()
	if agreed == nil {
		return transcode.Format{}, false
	}
	for _, format := range *agreed {
		if format.Equal(said.Codec) {
			return format, true
		}
	}
	return transcode.Format{}, false
}

func (m *media) agreedOn(said sound) bool {
	_, agreed := m.format(said)
	return agreed
}

// hear takes the sound of an audio message from the client.
func (m *media) hear(format transcode.Format, sound []byte, timestamp uint32) {
	m.packets.put(format, sound, timestamp, func(packet *rtp.Packet) {
		m.received.Add(1)
		_ = m.heard.WriteRTP(packet) // what became of it is counted where it went
	})
}

// write takes a packet to the client.
func (m *media) write(header *rtp.Header, payload []byte) error {
	format, known := m.formatOf(header.PayloadType)
	if !known {
		m.conn.server.counts.audioDropped.Add(1)
		return nil
	}
	m.ordered.push(&rtp.Packet{Header: *header, Payload: payload}, format)
	return nil
}

// formatOf gives the agreed format of a payload type, if Flash knows its codec.
func (m *media) formatOf(payloadType uint8) (transcode.Format, bool) {
	agreed := m.agreed.Load()
	if agreed == nil {
		return transcode.Format{}, false
	}
	for _, format := range *agreed {
		if format.PayloadType == payloadType {
			_, known := soundOf(format.Codec)
			return format, known
		}
	}
	return transcode.Format{}, false
}
