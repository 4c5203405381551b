package ogg

import (
	"io"
	"math/rand/v2"
	"time"

	"sipbridge/transcode/opus"
)

const (
	// packetTime is the length of a packet, pageTime the longest one of a page.
	packetTime = 20 * time.Millisecond
	pageTime   = time.Second
	// packetSamples is how far a packet goes on, in samples at 48 kHz.
	packetSamples = int64(opus.ClockRate * packetTime / time.Second)
	// packetsPerPage is how many packets make a page.
	packetsPerPage = int(pageTime / packetTime)
	// mostPacket is the longest packet in bytes (RFC 6716 section 3.4, R2, and its table of contents).
	mostPacket = 1276
)

// WriterOptions says how sound is written.
type WriterOptions struct {
	// SampleRate of the sound in Hz: 8000, 12000, 16000, 24000 or 48000. Required.
	SampleRate int
	// Channels is 1 or 2. Required.
	Channels int
	// Bitrate in bit/s of all channels, and Complexity from 1 to 10: as in opus.EncoderOptions.
	Bitrate, Complexity int
}

// Writer encodes sound into a file. It belongs to one goroutine.
type Writer struct {
	file    io.Writer
	options WriterOptions
	encoder *opus.Encoder
	// frame has samples that don't fill a packet yet, and room for all of one.
	frame []int16
	// page has the packets that are not written yet.
	page    page
	packets int
	// taken is how many samples of a channel were given.
	taken int64
	// packet and raw are room for one packet and for one page.
	packet, raw []byte
	// failed is the first error of writing; nothing is written after it, so that what is there stays readable.
	failed error
}

// NewWriter begins an empty file. The error is that of writing, or of options that Opus cannot do.
func NewWriter(file io.Writer, options WriterOptions) (*Writer, error) {
	encoder, err := opus.NewEncoder(opus.EncoderOptions{
		SampleRate: options.SampleRate, Channels: options.Channels,
		Bitrate: options.Bitrate, Complexity: options.Complexity,
	})
	if err != nil {
		return nil, err
	}
	perPacket := options.SampleRate * int(packetTime) / int(time.Second) * options.Channels
	w := &Writer{
		file: file, options: options, encoder: encoder, frame: make([]int16, 0, perPacket),
		page: page{flags: flagFirst, serial: rand.Uint32()}, packet: make([]byte, mostPacket),
	}
	w.page.add(head{channels: options.Channels, preSkip: opus.Lookahead, rate: options.SampleRate}.packet())
	w.writePage()
	w.page.add(tags()) // on a page of its own, too
	w.writePage()
	return w, w.failed
}

// Write appends samples, those of all channels in turn. The error is that of writing, now or before.
func (w *Writer) Write(samples []int16) error {
	w.taken += int64(len(samples) / w.options.Channels)
	for len(samples) > 0 && w.failed == nil {
		n := min(cap(w.frame)-len(w.frame), len(samples))
		w.frame, samples = append(w.frame, samples[:n]...), samples[n:]
		if len(w.frame) == cap(w.frame) {
			w.encode()
		}
	}
	return w.failed
}

// encode makes a packet of the frame, and a page of the packets before it if they are enough.
func (w *Writer) encode() {
	n, err := w.encoder.Encode(w.frame, w.packet)
	if err != nil {
		w.failed = err
		return
	}
	w.frame = w.frame[:0]
	if w.packets == packetsPerPage || !w.page.fits(n) {
		w.writePage()
	}
	w.page.add(w.packet[:n])
	w.page.granule += packetSamples
	w.packets++
}

// Sync writes the page that was begun. Without it, each second of sound is a page.
func (w *Writer) Sync() error {
	if w.packets > 0 {
		w.writePage()
	}
	return w.failed
}

// Close writes the rest: the sound ends behind its last sample (RFC 7845 section 4.4). It does not close the file.
func (w *Writer) Close() error {
	end := opus.Lookahead + w.taken*opus.ClockRate/int64(w.options.SampleRate)
	// The encoder is late by its lookahead, so that the last page has a packet.
	for w.failed == nil && w.page.granule < end {
		n := len(w.frame)
		w.frame = w.frame[:cap(w.frame)]
		clear(w.frame[n:])
		w.encode()
	}
	w.page.flags, w.page.granule = w.page.flags|flagLast, end
	w.writePage()
	return w.failed
}

// writePage writes the page, and begins the next one.
func (w *Writer) writePage() {
	w.raw = w.page.appendTo(w.raw[:0])
	if w.failed == nil {
		_, w.failed = w.file.Write(w.raw)
	}
	w.page.flags, w.page.sequence = 0, w.page.sequence+1
	w.page.lacing, w.page.body = w.page.lacing[:0], w.page.body[:0]
	w.packets = 0
}
