package ogg

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"sipbridge/transcode/opus"
	"sipbridge/transcode/pcm"
)

// ErrFormat says that a file is not Ogg, is damaged, or has no Opus sound of one or two channels.
var ErrFormat = errors.New("ogg: not Opus sound of one or two channels in whole pages")

// ErrTooLong says that the sound is longer than asked for.
var ErrTooLong = errors.New("ogg: too long")

const (
	// sampleRate is what is decoded, in Hz: wide band, as phones are spoken to at most.
	sampleRate = 16000
	// down is how many samples of a position make one that is decoded.
	down = opus.ClockRate / sampleRate
)

// reader decodes one file.
type reader struct {
	packets packets
	head    head
	decoder *opus.Decoder
	room    []int16
	// most is how many samples may be decoded, those that are thrown away with them.
	most    int
	samples []int16
	// offset is the position before the first packet, known once placed; end is that of the last page, counted from there.
	offset, end int64
	placed      bool
}

// Read reads the first Opus stream of a file, which may not be longer than longest, and mixes two channels to one. A
// file that nobody finished is read to its last whole page. The error is ErrFormat, ErrTooLong or that of reading.
func Read(file io.Reader, longest time.Duration) (pcm.Sound, error) {
	r := &reader{packets: packets{file: bufio.NewReader(file)}, room: make([]int16, opus.MaxSamples)}
	if err := r.begin(longest); err != nil {
		return pcm.Sound{}, err
	}
	for {
		packet, err := r.packets.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.decode(packet)
		}
		if err != nil {
			return pcm.Sound{}, err
		}
	}
	sound := pcm.Sound{SampleRate: sampleRate, Samples: r.heard()}
	if sound.Length() > longest {
		return pcm.Sound{}, fmt.Errorf("%w: above %v", ErrTooLong, longest)
	}
	return sound, nil
}

// begin reads what stands before the sound.
func (r *reader) begin(longest time.Duration) error {
	first, err := r.packets.open()
	if err != nil {
		return err
	}
	if r.head, err = parseHead(first); err != nil {
		return err
	}
	if _, err = r.packets.next(); err != nil { // tags
		return fmt.Errorf("%w: no sound", ErrFormat)
	}
	r.most = int(longest*sampleRate/time.Second) + (r.head.preSkip+opus.MaxSamples)/down
	r.decoder, err = opus.NewDecoder(sampleRate)
	return err
}

func (r *reader) decode(packet []byte) error {
	n, err := r.decoder.Decode(packet, r.room)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(r.samples)+n > r.most {
		return ErrTooLong
	}
	r.samples = append(r.samples, r.room[:n]...)
	if granule, ok := r.packets.granule(); ok {
		r.place(granule)
	}
	return nil
}

// place takes the position behind a page. That of the first one tells where a stream begins that was cut out of another
// (RFC 7845 section 4.5), unless it is the last one, too.
func (r *reader) place(granule int64) {
	if !r.placed && !r.packets.last() {
		r.offset = max(granule-int64(len(r.samples))*down, 0)
	}
	r.placed, r.end = true, granule-r.offset
}

// heard gives what is to be heard of what was decoded: behind the pre-skip, to the end that the last page says, as loud
// as the head says (RFC 7845 sections 4.2, 4.4 and 5.1).
func (r *reader) heard() []int16 {
	end := len(r.samples)
	if r.packets.last() {
		end = int(max(0, min(int64(end), r.end/down)))
	}
	samples := r.samples[min(r.head.preSkip/down, end):end]
	if r.head.gain == 0 {
		return samples
	}
	factor := math.Pow(10, float64(r.head.gain)/256/20)
	for i, sample := range samples {
		samples[i] = int16(max(math.MinInt16, min(math.MaxInt16, float64(sample)*factor)))
	}
	return samples
}
