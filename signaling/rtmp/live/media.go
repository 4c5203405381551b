package live

import (
	"slices"
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// media is what a leg gets of a stream, and nothing toward it.
type media struct {
	ways map[transcode.Kind]*way // never changed
}

// way is that of one kind.
type way struct {
	to   transcode.Switch
	sent atomic.Uint64

	// ---- guarded by Stream.mu ----

	// agreed is the format agreed with the call; nil if there is none.
	agreed *transcode.Format
	// takes are the payload types of what is said that fit agreed: formats are not read again for each packet.
	takes []uint8
}

func newMedia() *media {
	m := &media{ways: make(map[transcode.Kind]*way)}
	for _, kind := range transcode.Kinds() {
		m.ways[kind] = &way{}
	}
	return m
}

// Receive sets where what is sent goes.
func (m *media) Receive(kind transcode.Kind, to transcode.PacketWriter) { m.ways[kind].to.Set(to) }

// Sender drops: a publisher hears nothing.
func (m *media) Sender(transcode.Kind) transcode.PacketWriter { return &transcode.Switch{} }

// Stats counts packets.
func (m *media) Stats() bridge.MediaStats {
	return bridge.MediaStats{
		Audio: quality.Stats{Received: m.ways[transcode.Audio].sent.Load(), Reliable: true},
		Video: quality.Stats{Received: m.ways[transcode.Video].sent.Load(), Reliable: true},
	}
}

func (m *media) close() {
	for _, way := range m.ways {
		way.to.Set(nil)
	}
}

// agree puts a description in force, while this is said. The caller holds Stream.mu.
func (m *media) agree(description bridge.Description, said map[transcode.Kind][]transcode.Format) {
	for kind, way := range m.ways {
		way.agreed = nil
		if section, ok := description.First(kind); ok {
			way.agreed = &section.Formats[0]
		}
		m.compare(kind, said[kind])
	}
}

// compare finds out what the party takes of what is said of a kind. The caller holds Stream.mu.
func (m *media) compare(kind transcode.Kind, said []transcode.Format) {
	way := m.ways[kind]
	way.takes = nil
	for _, format := range said {
		if way.agreed != nil && way.agreed.Fits(format) {
			way.takes = append(way.takes, format.PayloadType)
		}
	}
}

// hears tells whether any sound was agreed on. The caller holds Stream.mu.
func (m *media) hears() bool { return m.ways[transcode.Audio].agreed != nil }

// wanted gives of what is sent all that the party may want: one that called for pictures alone wants no sound.
// The caller holds Stream.mu.
func (m *media) wanted(sent bridge.Description) bridge.Description {
	if m.hears() {
		return sent
	}
	isSound := func(section bridge.MediaDescription) bool { return section.Kind == transcode.Audio }
	return bridge.Description{Media: slices.DeleteFunc(slices.Clone(sent.Media), isSound)}
}

// takes tells whether of each kind that is sent, which is what was compared, one format was agreed. The caller holds
// Stream.mu.
func (m *media) takes(sent bridge.Description) bool {
	for _, section := range sent.Media {
		if len(m.ways[section.Kind].takes) == 0 {
			return false
		}
	}
	return true
}

// agreedOn gives the party's payload type for one that is said, and reports false if it does not take that. The caller
// holds Stream.mu.
func (m *media) agreedOn(kind transcode.Kind, payloadType uint8) (own uint8, ok bool) {
	way := m.ways[kind]
	if !slices.Contains(way.takes, payloadType) {
		return 0, false
	}
	return way.agreed.PayloadType, true
}

// send hands a packet to the call under the payload type that it knows.
func (m *media) send(kind transcode.Kind, payloadType uint8, packet *rtp.Packet) {
	way := m.ways[kind]
	own := rtp.Packet{Header: packet.Header, Payload: packet.Payload}
	own.PayloadType = payloadType
	way.sent.Add(1)
	_ = way.to.WriteRTP(&own) // what became of it is counted where it went
}
