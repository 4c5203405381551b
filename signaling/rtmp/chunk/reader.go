package chunk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// Limits of a Reader.
const (
	// DefaultMaxMessage is the longest message, in bytes.
	DefaultMaxMessage = 128 << 10
	// maxBuffered is how many bytes all incomplete messages may have together, beside one of video.
	maxBuffered = 256 << 10
	// maxPartial is how many messages may be incomplete at a time.
	maxPartial = 8
	// maxStreams is how many chunk streams a peer may ever use. Flash takes new ones for each NetStream.
	maxStreams = 64
	// keptBuffer is the largest buffer that is kept for the next message of a chunk stream.
	keptBuffer = 4 << 10

	defaultChunkSize = 128
	// extended in the field of a timestamp says that it stands in four bytes behind the header.
	extended = 0xffffff
)

// ErrLimit is the error of a peer that exceeds a limit.
var ErrLimit = errors.New("chunk: a limit is exceeded")

// ReaderOptions says what a Reader takes.
type ReaderOptions struct {
	// MaxMessage is the longest message in bytes. Default: DefaultMaxMessage.
	MaxMessage int
	// MaxVideo is the longest message of video in bytes. Default: MaxMessage.
	MaxVideo int
	// Skip tells the types of messages whose payload is thrown away as it comes. They may be longer than
	// MaxMessage. Default: none.
	Skip func(messageType uint8) bool
}

// Reader puts messages together. It belongs to one goroutine.
type Reader struct {
	in      *bufio.Reader
	options ReaderOptions

	received  uint32
	chunkSize int
	streams   map[uint32]*stream
	partial   int
	buffered  int
}

// stream is what is known of a chunk stream: the last header, and the message that is not complete.
type stream struct {
	message Message
	// field is the timestamp or difference of the last header; extended tells that it had four more bytes.
	field    uint32
	extended bool
	length   int
	// begun tells that the message is not complete; missing is how much is missing.
	begun   bool
	missing int
	skip    bool
}

// NewReader makes a Reader of a connection, behind the handshake.
func NewReader(in io.Reader, options ReaderOptions) *Reader {
	if options.MaxMessage <= 0 {
		options.MaxMessage = DefaultMaxMessage
	}
	options.MaxVideo = max(options.MaxVideo, options.MaxMessage)
	if options.Skip == nil {
		options.Skip = func(uint8) bool { return false }
	}
	return &Reader{
		in: bufio.NewReader(in), options: options, chunkSize: defaultChunkSize, streams: make(map[uint32]*stream),
	}
}

// Received counts the bytes that were read, as an Acknowledgement tells them; it wraps.
func (r *Reader) Received() uint32 { return r.received }

// ReadMessage gives the next message that is not about chunks. The error is ErrFormat, ErrLimit or the
// connection's; then nothing more can be read.
func (r *Reader) ReadMessage() (Message, error) {
	for {
		message, complete, err := r.readChunk()
		if err != nil {
			return Message{}, err
		}
		if !complete {
			continue
		}
		switch message.Type {
		case SetChunkSize:
			err = r.setChunkSize(message)
		case Abort:
			err = r.abort(message)
		default:
			return message, nil
		}
		if err != nil {
			return Message{}, err
		}
	}
}

func (r *Reader) setChunkSize(message Message) error {
	size, err := message.Number()
	if err != nil || size == 0 || size > 1<<31-1 {
		return ErrFormat
	}
	r.chunkSize = int(size) // a chunk is never longer than what is missing of its message
	return nil
}

func (r *Reader) abort(message Message) error {
	id, err := message.Number()
	if err != nil {
		return err
	}
	if stream := r.streams[id]; stream != nil && stream.begun {
		r.release(stream)
	}
	return nil
}

// release ends a message, complete or not.
func (r *Reader) release(stream *stream) {
	stream.begun = false
	r.partial--
	r.buffered -= len(stream.message.Payload)
}

// readChunk reads one chunk, and gives the message if it is complete with it.
func (r *Reader) readChunk() (message Message, complete bool, err error) {
	format, stream, err := r.basicHeader()
	if err != nil {
		return Message{}, false, err
	}
	if format < 3 {
		if stream.begun {
			return Message{}, false, ErrFormat
		}
		err = r.messageHeader(stream, format)
	} else if stream.extended {
		err = r.repeatedTimestamp(stream)
	}
	if err == nil && !stream.begun {
		err = r.begin(stream, format)
	}
	if err == nil {
		err = r.fill(stream)
	}
	if err != nil || stream.missing > 0 {
		return Message{}, false, err
	}
	r.release(stream)
	return stream.message, true, nil
}

// basicHeader reads the format and the chunk stream's id, of one to three bytes (section 5.3.1.1).
func (r *Reader) basicHeader() (format byte, known *stream, err error) {
	first, err := r.number(1)
	if err != nil {
		return 0, nil, err
	}
	format, id := byte(first>>6), first&0x3f
	switch id {
	case 0:
		id, err = r.number(1)
		id += 64
	case 1:
		id, err = r.number(2)
		id = id>>8 + id&0xff<<8 + 64 // the only number besides the message stream with its low byte first
	}
	if err != nil {
		return 0, nil, err
	}
	known = r.streams[id]
	if known != nil {
		return format, known, nil
	}
	if format != 0 && format != 1 { // librtmp begins with 1 on streams of message stream 0
		return 0, nil, ErrFormat
	}
	if len(r.streams) >= maxStreams {
		return 0, nil, ErrLimit
	}
	known = &stream{}
	r.streams[id] = known
	return format, known, nil
}

// messageHeader reads what a header of format 0, 1 or 2 says (sections 5.3.1.2 and 5.3.1.3).
func (r *Reader) messageHeader(stream *stream, format byte) error {
	header, err := r.take([...]int{11, 7, 3}[format])
	if err != nil {
		return err
	}
	stream.field = uint32(header[0])<<16 | uint32(header[1])<<8 | uint32(header[2])
	if format < 2 {
		stream.length = int(header[3])<<16 | int(header[4])<<8 | int(header[5])
		stream.message.Type = header[6]
	}
	if format == 0 {
		stream.message.StreamID = binary.LittleEndian.Uint32(header[7:])
	}
	if stream.extended = stream.field == extended; stream.extended {
		stream.field, err = r.number(4)
	}
	return err
}

// repeatedTimestamp skips the extended timestamp that a chunk of format 3 repeats (section 5.3.1.3). Some
// leave it out, so it is taken only if it is the same.
func (r *Reader) repeatedTimestamp(stream *stream) error {
	next, err := r.in.Peek(4)
	switch {
	case len(next) < 4 && !stream.begun:
		return ended(err)
	case len(next) < 4 || binary.BigEndian.Uint32(next) != stream.field:
		return nil
	}
	_, err = r.number(4)
	return err
}

// begin begins a message with the header that is known.
func (r *Reader) begin(stream *stream, format byte) error {
	stream.skip = r.options.Skip(stream.message.Type)
	longest := r.options.MaxMessage
	if stream.message.Type == Video {
		longest = r.options.MaxVideo
	}
	if !stream.skip && stream.length > longest || r.partial >= maxPartial {
		return ErrLimit
	}
	if format == 0 {
		stream.message.Timestamp = stream.field
	} else {
		stream.message.Timestamp += stream.field
	}
	stream.begun, stream.missing = true, stream.length
	r.partial++
	if cap(stream.message.Payload) > keptBuffer {
		stream.message.Payload = nil
	}
	stream.message.Payload = stream.message.Payload[:0]
	return nil
}

// fill reads the payload of a chunk.
func (r *Reader) fill(stream *stream) error {
	size := min(r.chunkSize, stream.missing)
	stream.missing -= size
	if stream.skip {
		_, err := r.in.Discard(size)
		r.received += uint32(size)
		return ended(err)
	}
	if r.buffered+size > maxBuffered+r.options.MaxVideo {
		return ErrLimit
	}
	const piece = 4 << 10 // memory follows what really comes
	for size > 0 {
		part := min(size, piece)
		before := len(stream.message.Payload)
		stream.message.Payload = append(stream.message.Payload, make([]byte, part)...)
		if _, err := io.ReadFull(r.in, stream.message.Payload[before:]); err != nil {
			return ended(err)
		}
		r.received += uint32(part)
		r.buffered += part
		size -= part
	}
	return nil
}

func (r *Reader) take(count int) ([]byte, error) {
	var header [11]byte
	_, err := io.ReadFull(r.in, header[:count])
	r.received += uint32(count)
	return header[:count], err
}

func (r *Reader) number(size int) (uint32, error) {
	taken, err := r.take(size)
	var number uint32
	for _, next := range taken {
		number = number<<8 | uint32(next)
	}
	return number, err
}

// ended says of the end of a connection inside a chunk that it came too early.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
