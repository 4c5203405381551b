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
	to transcode.Switch
	// agreed is the format agreed with the call; nil if there is none.
	agreed atomic.Pointer[transcode.Format]
	sent   atomic.Uint64
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

// agree puts a description in force.
func (m *media) agree(description bridge.Description) {
	for kind, way := range m.ways {
		section, ok := description.First(kind)
		if !ok {
			way.agreed.Store(nil)
			continue
		}
		way.agreed.Store(&section.Formats[0])
	}
}

// hears tells whether any sound was agreed on.
func (m *media) hears() bool { return m.ways[transcode.Audio].agreed.Load() != nil }

// wanted gives of what is sent all that the party may want: one that called for pictures alone wants no sound.
func (m *media) wanted(sent bridge.Description) bridge.Description {
	if m.hears() {
		return sent
	}
	isSound := func(section bridge.MediaDescription) bool { return section.Kind == transcode.Audio }
	return bridge.Description{Media: slices.DeleteFunc(slices.Clone(sent.Media), isSound)}
}

// takes tells whether of each kind that is sent one format was agreed.
func (m *media) takes(sent bridge.Description) bool {
	for _, section := range sent.Media {
		takes := func(format transcode.Format) bool { return m.agreedOn(section.Kind, format) }
		if !slices.ContainsFunc(section.Formats, takes) {
			return false
		}
	}
	return true
}

// agreedOn tells whether the party takes a format.
func (m *media) agreedOn(kind transcode.Kind, format transcode.Format) bool {
	agreed := m.ways[kind].agreed.Load()
	return agreed != nil && agreed.Fits(format)
}

// send hands a packet to the call under the payload type that it knows, if its format was agreed.
func (m *media) send(kind transcode.Kind, format transcode.Format, packet *rtp.Packet) {
	way := m.ways[kind]
	agreed := way.agreed.Load()
	if agreed == nil || !agreed.Fits(format) {
		return
	}
	own := rtp.Packet{Header: packet.Header, Payload: packet.Payload}
	own.PayloadType = agreed.PayloadType
	way.sent.Add(1)
	_ = way.to.WriteRTP(&own) // what became of it is counted where it went
}
