package bridgetest

import (
	"sync"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// Media is a bridge.Media without a network: the test delivers the party's packets and sees what was sent to it.
type Media struct {
	mu        sync.Mutex
	receivers map[transcode.Kind]transcode.PacketWriter
	sent      map[transcode.Kind][]*rtp.Packet
	stats     bridge.MediaStats
}

// NewMedia makes a Media.
func NewMedia() *Media {
	return &Media{
		receivers: make(map[transcode.Kind]transcode.PacketWriter),
		sent:      make(map[transcode.Kind][]*rtp.Packet),
	}
}

// Receive sets where Deliver puts packets.
func (m *Media) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if to == nil {
		delete(m.receivers, kind)
		return
	}
	m.receivers[kind] = to
}

// Sender gives a writer that keeps clones of the packets for Sent.
func (m *Media) Sender(kind transcode.Kind) transcode.PacketWriter {
	return transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.sent[kind] = append(m.sent[kind], packet.Clone())
		m.stats.Audio.Sent++
		return nil
	})
}

// Stats counts delivered and sent packets, plus what SetStats said.
func (m *Media) Stats() bridge.MediaStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

// SetStats sets the counts from which Stats goes on.
func (m *Media) SetStats(stats bridge.MediaStats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = stats
}

// Deliver plays a packet from the party. It reports false if nobody receives the kind; the packet is dropped then.
func (m *Media) Deliver(kind transcode.Kind, packet *rtp.Packet) (bool, error) {
	m.mu.Lock()
	m.stats.Audio.Received++
	receiver := m.receivers[kind]
	m.mu.Unlock()
	if receiver == nil {
		return false, nil
	}
	return true, receiver.WriteRTP(packet)
}

// Plugged tells whether somebody receives the party's packets of a kind.
func (m *Media) Plugged(kind transcode.Kind) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.receivers[kind] != nil
}

// Sent gives clones of the packets sent to the party so far.
func (m *Media) Sent(kind transcode.Kind) []*rtp.Packet {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*rtp.Packet(nil), m.sent[kind]...)
}

// AwaitPlugged waits until somebody receives the party's packets of a kind.
func (m *Media) AwaitPlugged(tb testing.TB, kind transcode.Kind) {
	tb.Helper()
	Eventually(tb, "the party's "+kind.String()+" is received", func() bool { return m.Plugged(kind) })
}

// AwaitUnplugged waits until nobody receives the party's packets of a kind.
func (m *Media) AwaitUnplugged(tb testing.TB, kind transcode.Kind) {
	tb.Helper()
	Eventually(tb, "the party's "+kind.String()+" is dropped", func() bool { return !m.Plugged(kind) })
}

// AwaitSent waits until at least count packets were sent to the party and gives them all.
func (m *Media) AwaitSent(tb testing.TB, kind transcode.Kind, count int) []*rtp.Packet {
	tb.Helper()
	Eventually(tb, "packets are sent to the party", func() bool { return len(m.Sent(kind)) >= count })
	return m.Sent(kind)
}
