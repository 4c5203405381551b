package wav

import (
	"encoding/binary"
	"io"
	"math"
)

// headerSize is that of the chunks before the sound, in bytes.
const headerSize = 44

// Writer writes 16-bit sound. It belongs to one goroutine.
type Writer struct {
	file     io.WriterAt
	rate     int
	channels int
	// size is how many bytes of sound were written.
	size int64
	raw  []byte
}

// NewWriter begins an empty file with a sample rate in Hz. The error is that of writing.
func NewWriter(file io.WriterAt, rate, channels int) (*Writer, error) {
	w := &Writer{file: file, rate: rate, channels: channels}
	err := w.Sync()
	return w, err
}

// Write appends samples, those of all channels in turn. The error is that of writing.
func (w *Writer) Write(samples []int16) error {
	w.raw = w.raw[:0]
	for _, sample := range samples {
		w.raw = binary.LittleEndian.AppendUint16(w.raw, uint16(sample))
	}
	n, err := w.file.WriteAt(w.raw, headerSize+w.size)
	w.size += int64(n)
	return err
}

// Close makes the file whole. It does not close what it is written to.
func (w *Writer) Close() error { return w.Sync() }

// Sync writes what the file's head says of its length. It is due now and then.
func (w *Writer) Sync() error {
	frame := w.channels * 2
	size := uint32(min(w.size, math.MaxUint32-headerSize)) // a longer file is read to its end all the same
	head := append(make([]byte, 0, headerSize), "RIFF"...)
	head = binary.LittleEndian.AppendUint32(head, size+headerSize-8)
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, 16)
	head = binary.LittleEndian.AppendUint16(head, formatPCM)
	head = binary.LittleEndian.AppendUint16(head, uint16(w.channels))
	head = binary.LittleEndian.AppendUint32(head, uint32(w.rate))
	head = binary.LittleEndian.AppendUint32(head, uint32(w.rate*frame))
	head = binary.LittleEndian.AppendUint16(head, uint16(frame))
	head = binary.LittleEndian.AppendUint16(head, 16)
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, size)
	_, err := w.file.WriteAt(head, 0)
	return err
}
