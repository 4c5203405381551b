package transcode

import "github.com/pion/rtp"

// PacketWriter takes RTP packets as they arrive. The packet and its payload are valid until
// WriteRTP returns; who keeps them copies them. A PacketWriter has one writing goroutine at a time.
//
// A packet without payload carries no media: it only accounts for a sequence number that the
// source used for something else (a telephone event, padding), so that nobody takes the
// number for a lost packet. Nothing is sent or played for it.
//
// Among packets of a codec with a clock of 8000 Hz, one of the payload type 13 describes the noise of a silence
// (RFC 3389).
type PacketWriter interface {
	WriteRTP(packet *rtp.Packet) error
}

// PacketWriterFunc makes a PacketWriter of a function.
type PacketWriterFunc func(packet *rtp.Packet) error

// WriteRTP calls f.
func (f PacketWriterFunc) WriteRTP(packet *rtp.Packet) error { return f(packet) }
