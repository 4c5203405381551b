package transcode

import "github.com/pion/rtp"

// PacketWriter takes RTP packets as they arrive. The packet and its payload are valid until
// WriteRTP returns; who keeps them copies them. A PacketWriter has one writing goroutine at a time.
type PacketWriter interface {
	WriteRTP(packet *rtp.Packet) error
}

// PacketWriterFunc makes a PacketWriter of a function.
type PacketWriterFunc func(packet *rtp.Packet) error

// WriteRTP calls f.
func (f PacketWriterFunc) WriteRTP(packet *rtp.Packet) error { return f(packet) }
