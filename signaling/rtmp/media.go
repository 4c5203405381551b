package rtmp

import (
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
	"sipbridge/transcode/h264"
	"sipbridge/transcode/h264/payload"
	"sipbridge/transcode/mix"
)

// media is the sound and the pictures of a leg.
type media struct {
	conn *conn
	// heard is where what the client says goes.
	heard  transcode.Switch
	sender *transcode.Sender
	// agreed are the formats agreed with the client; nil before.
	agreed atomic.Pointer[[]transcode.Format]
	// received and viewed count packets of sound and of pictures.
	received, viewed atomic.Uint64
	// unheard tells that the client has another call at its ear.
	unheard atomic.Bool
	// In a conference, speaks is where the client's sound goes instead of heard, and says where that of the other party
	// goes instead of to the client; nil outside.
	speaks, says atomic.Pointer[mix.Party]
	// saying is held while a packet goes to heard, which takes one at a time: from the client, or from a conference.
	saying sync.Mutex
	// seen is where its pictures go, and shown the way of pictures to it. agreedPictures is their format; nil if there
	// are none.
	seen           transcode.Switch
	shown          *transcode.Sender
	agreedPictures atomic.Pointer[transcode.Format]
	// sets are the parameter sets that the other party described, for those who never send them; nil if it did not.
	sets atomic.Pointer[[][]byte]
	// wantKeyframe asks the other party for a full picture, if it can now.
	wantKeyframe func() bool

	// packets belongs to the goroutine that reads the connection.
	packets packetizer
	// ordered belongs to sender, which sends one packet at a time.
	ordered ordered
	// carrier belongs to the goroutine that reads the connection.
	carrier carrier
	// screen belongs to shown.
	screen screen
}

func newMedia(c *conn, wantKeyframe func() bool) *media {
	m := &media{conn: c, wantKeyframe: wantKeyframe}
	m.packets, m.ordered.media, m.screen.media = newPacketizer(), m, m
	m.carrier = newCarrier()
	m.shown = transcode.NewSender(transcode.SenderOptions{Write: m.writePicture, Pictures: true})
	m.sender = transcode.NewSender(transcode.SenderOptions{Write: m.write})
	return m
}

// Receive sets where what the client says and shows goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Video {
		m.seen.Set(to)
		return
	}
	m.heard.Set(to)
}

// Sender is the way to the client.
func (m *media) Sender(kind transcode.Kind) transcode.PacketWriter {
	if kind == transcode.Video {
		return m.shown
	}
	return m.sender
}

// Stats counts packets. On TCP none is lost.
func (m *media) Stats() bridge.MediaStats {
	return bridge.MediaStats{
		Audio: quality.Stats{Received: m.received.Load(), Sent: m.sender.Stats().Packets, Reliable: true},
		Video: quality.Stats{Received: m.viewed.Load(), Sent: m.shown.Stats().Packets, Reliable: true},
	}
}

// agree puts the formats of a description in force.
func (m *media) agree(description bridge.Description) {
	audio, _ := description.First(transcode.Audio)
	m.agreed.Store(&audio.Formats)
	m.sender.SetFormats(audio.Formats)
	video, ok := description.First(transcode.Video)
	m.shown.SetFormats(video.Formats)
	if !ok {
		m.agreedPictures.Store(nil)
		return
	}
	m.agreedPictures.Store(&video.Formats[0])
}

// learnSets keeps the parameter sets of a description of the other party.
func (m *media) learnSets(description bridge.Description) {
	video, _ := description.First(transcode.Video)
	for _, format := range video.Formats {
		described, ok := h264.ParseParameters(format.Parameters)
		if sets := payload.ParseSets(described.Sets); ok && len(sets) > 0 {
			m.sets.Store(&sets)
			return
		}
	}
}

// pictures gives the format of pictures that was agreed.
func (m *media) pictures() (transcode.Format, bool) {
	if format := m.agreedPictures.Load(); format != nil {
		return *format, true
	}
	return transcode.Format{}, false
}

// see takes a packet of a picture from the client.
func (m *media) see(packet *rtp.Packet) {
	m.viewed.Add(1)
	_ = m.seen.WriteRTP(packet) // what became of it is counted where it went
}

// writePicture takes a packet of a picture to the client.
func (m *media) writePicture(header *rtp.Header, part []byte) error {
	m.screen.push(&rtp.Packet{Header: *header, Payload: part})
	return nil
}

// close ends the stream to the client.
func (m *media) close() {
	m.sender.Close()
	m.shown.Close()
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
	m.packets.put(format, sound, timestamp, m.hearPacket)
}

// hearPacket takes a packet of sound from the client.
func (m *media) hearPacket(packet *rtp.Packet) {
	m.received.Add(1)
	if mixed := m.speaks.Load(); mixed != nil {
		_ = mixed.WriteRTP(packet) // which fails for nobody
		return
	}
	_ = m.hearMixed(packet) // what became of it is counted where it went
}

// hearMixed takes a packet of sound of the client, or of a conference, to the other party.
func (m *media) hearMixed(packet *rtp.Packet) error {
	m.saying.Lock()
	defer m.saying.Unlock()
	return m.heard.WriteRTP(packet) //nolint:wrapcheck // media path
}

// first gives the format of sound that was agreed.
func (m *media) first() (transcode.Format, bool) {
	agreed := m.agreed.Load()
	if agreed == nil || len(*agreed) == 0 {
		return transcode.Format{}, false
	}
	return (*agreed)[0], true
}

// write takes a packet to the client.
func (m *media) write(header *rtp.Header, payload []byte) error {
	format, known := m.formatOf(header.PayloadType)
	if !known {
		m.conn.server.counts.audioDropped.Add(1)
		return nil
	}
	packet := &rtp.Packet{Header: *header, Payload: payload}
	if mixed := m.says.Load(); mixed != nil {
		return mixed.WriteRTP(packet) //nolint:wrapcheck // media path
	}
	m.ordered.push(packet, format)
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
