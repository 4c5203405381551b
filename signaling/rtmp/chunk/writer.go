package chunk

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Writer cuts messages into chunks. Each message has a whole header, which costs a few bytes and
// leaves nothing to misunderstand. It belongs to one goroutine.
type Writer struct {
	out       *bufio.Writer
	chunkSize int
	header    [18]byte
	sent      uint32
}

// NewWriter makes a Writer to a connection, behind the handshake.
func NewWriter(out io.Writer) *Writer {
	return &Writer{out: bufio.NewWriter(out), chunkSize: defaultChunkSize}
}

// Sent counts the bytes of chunks, as an Acknowledgement of the other side tells them; it wraps.
func (w *Writer) Sent() uint32 { return w.sent }

// Flush sends what is buffered.
func (w *Writer) Flush() error { return w.out.Flush() }

// SetChunkSize announces the size of chunks, in bytes, and cuts to it from then on.
func (w *Writer) SetChunkSize(size uint32) error {
	err := w.WriteMessage(ControlStream, Number(SetChunkSize, size))
	w.chunkSize = int(size)
	return err
}

// WriteMessage writes a message on a chunk stream (2 to 65599). The error is ErrLimit for a message that has no
// form, or the connection's.
func (w *Writer) WriteMessage(id uint32, message Message) error {
	if len(message.Payload) > 0xffffff || id < ControlStream || id > 65599 {
		return ErrLimit
	}
	header := appendBasicHeader(w.header[:0], 0, id)
	header = appendUint24(header, min(message.Timestamp, extended))
	header = appendUint24(header, uint32(len(message.Payload)))
	header = append(header, message.Type)
	header = binary.LittleEndian.AppendUint32(header, message.StreamID)
	rest := message.Payload
	for {
		if message.Timestamp >= extended {
			header = binary.BigEndian.AppendUint32(header, message.Timestamp)
		}
		if _, err := w.out.Write(header); err != nil {
			return err
		}
		size := min(len(rest), w.chunkSize)
		if _, err := w.out.Write(rest[:size]); err != nil {
			return err
		}
		w.sent += uint32(len(header) + size)
		if rest = rest[size:]; len(rest) == 0 {
			return nil
		}
		header = appendBasicHeader(w.header[:0], 3, id)
	}
}

func appendBasicHeader(header []byte, format byte, id uint32) []byte {
	switch {
	case id < 64:
		return append(header, format<<6|byte(id))
	case id < 320:
		return append(header, format<<6, byte(id-64))
	default:
		return append(header, format<<6|1, byte(id-64), byte((id-64)>>8))
	}
}

func appendUint24(out []byte, number uint32) []byte {
	return append(out, byte(number>>16), byte(number>>8), byte(number))
}
