package transport

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// ErrTooLarge ends a stream whose next message would be larger than allowed.
var ErrTooLarge = errors.New("transport: message too large")

// ErrLength ends a stream whose next message has more than one Content-Length, or one that is no number:
// where the message after it begins can't be known.
var ErrLength = errors.New("transport: unusable Content-Length")

// doubleCRLF ends a head, and between messages is a keep-alive.
const doubleCRLF = "\r\n\r\n"

// Frame is what a Framer found in the stream.
type Frame struct {
	// Message is one whole message, the receiver's to keep; nil if the frame is a Ping or nothing but an error.
	Message []byte
	// Ping is a double CRLF between messages, to be answered with one CRLF (RFC 5626 section 4.4.1).
	Ping bool
	// Err says that the stream can't be read on. Message may hold the head of the message that ended it,
	// so that it can be answered.
	Err error
}

// Framer cuts a stream into messages by their empty line and Content-Length (RFC 3261 section 18.3). It
// joins folded headers only to find that one header; the message stays as it came. It is for one goroutine.
type Framer struct {
	most    int
	buffer  []byte
	start   int // the next frame begins here
	scanned int // no empty line ends before here, counted from start
	whole   int // size of the message at start, 0 until its head is complete
	broken  error
}

// NewFramer makes a framer for messages of at most maxMessage bytes, head and body together.
func NewFramer(maxMessage int) *Framer { return &Framer{most: maxMessage} }

// Push adds what was read. Call Next until it reports false before the next Push, or the buffer grows past
// maxMessage and one read.
func (f *Framer) Push(data []byte) {
	if f.start > 0 {
		f.buffer = append(f.buffer[:0], f.buffer[f.start:]...)
		f.start = 0
	}
	f.buffer = append(f.buffer, data...)
}

// Pending says whether a message has begun and is not complete.
func (f *Framer) Pending() bool {
	return len(bytes.TrimLeft(f.buffer[f.start:], "\r\n")) > 0
}

// Next gives the next frame, or false if more bytes are needed. After an error it gives nothing more.
func (f *Framer) Next() (Frame, bool) {
	if f.broken != nil {
		return Frame{}, false
	}
	if ping, more := f.skipCRLF(); ping || more {
		return Frame{Ping: ping}, ping
	}
	if f.whole == 0 && !f.findHead() {
		return f.incomplete()
	}
	if f.broken != nil {
		return Frame{Message: f.take(f.scanned), Err: f.broken}, true
	}
	if len(f.buffer)-f.start < f.whole {
		return Frame{}, false
	}
	return Frame{Message: f.take(f.whole)}, true
}

// skipCRLF passes over line ends in front of a message. It reports a ping, or that more bytes are needed.
func (f *Framer) skipCRLF() (ping, more bool) {
	rest := f.buffer[f.start:]
	switch {
	case f.whole > 0 || f.scanned > 0:
		return false, false
	case bytes.HasPrefix(rest, []byte(doubleCRLF)):
		f.start += len(doubleCRLF)
		return true, false
	case string(rest) == doubleCRLF[:min(len(rest), 4)]:
		return false, true // nothing, or a part of it
	case bytes.HasPrefix(rest, []byte("\r\n")):
		f.start += 2
	}
	return false, false
}

// findHead looks for the empty line, from where the last look ended.
func (f *Framer) findHead() bool {
	rest := f.buffer[f.start:]
	from := max(f.scanned-len(doubleCRLF)+1, 0)
	end := bytes.Index(rest[from:], []byte(doubleCRLF))
	if end < 0 {
		f.scanned = len(rest)
		return false
	}
	head := from + end + len(doubleCRLF)
	f.scanned = head
	length, err := contentLength(string(rest[:head]))
	switch {
	case err != nil:
		f.broken = err
	case head+length > f.most:
		f.broken = ErrTooLarge
	default:
		f.whole = head + length
	}
	return true
}

func (f *Framer) incomplete() (Frame, bool) {
	if f.scanned <= f.most {
		return Frame{}, false
	}
	f.broken = ErrTooLarge
	return Frame{Err: f.broken}, true
}

// take copies n bytes out. A large buffer is given back once it is empty.
func (f *Framer) take(n int) []byte {
	message := bytes.Clone(f.buffer[f.start : f.start+n])
	f.start += n
	f.scanned, f.whole = 0, 0
	if f.start == len(f.buffer) && cap(f.buffer) > 4096 {
		f.buffer, f.start = nil, 0
	}
	return message
}

// contentLength reads the one Content-Length of a head. Absent counts as 0: RFC 3261 demands it on
// streams, and what follows is then the next message.
func contentLength(head string) (int, error) {
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(head)
	length, seen := 0, false
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimRight(name, " \t")) {
		case "content-length", "l":
			n, err := strconv.ParseUint(strings.Trim(value, " \t"), 10, 31)
			if err != nil || seen {
				return 0, ErrLength
			}
			length, seen = int(n), true
		}
	}
	return length, nil
}
