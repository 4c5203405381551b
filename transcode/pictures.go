package transcode

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264"
	"sipbridge/transcode/h264/payload"
	"sipbridge/transcode/picture"
)

const (
	// waiting is how many pictures may wait to be converted; with more the machine is too slow, and one is left out.
	waiting = 4
	// askPause is the least time between two requests for a full picture: a little longer than a leg wants it, which
	// would refuse one that comes too early.
	askPause = 600 * time.Millisecond
	// defaultPixels and defaultPictureBitrate are the most that is made for a receiver that says nothing.
	defaultPixels         = 1280 * 720
	defaultPictureBitrate = 1_000_000
	mostPictureBitrate    = 1_500_000
)

// PictureOptions says how pictures are transcoded.
type PictureOptions struct {
	// Limit bounds how many are; nil allows none.
	Limit *PictureLimit
	// Bitrate is the most that the receiver takes, in bit/s; 0 if it does not say.
	Bitrate uint64
	// AskKeyframe asks the source for a full picture; it does not block.
	AskKeyframe func()
}

// pictures is the way of pictures from one codec to another. Packets are put together where they come in; a goroutine
// decodes and encodes, because that takes longer than other calls on the same sockets can wait.
type pictures struct {
	pipe     *Pipe
	to       Format
	options  PictureOptions
	convert  picture.Options
	order    inOrder
	assembly assembly

	// broken tells that nothing can be decoded before a full picture; asked is when one was asked for. They belong to
	// who writes.
	broken bool
	asked  time.Time
	// turned and orientation are those of the packets that were put last.
	turned      bool
	orientation byte

	queue   chan frame
	spoiled atomic.Bool // a picture could not be decoded
	wanted  atomic.Bool // the receiver wants a full picture
	bitrate atomic.Int64

	closing sync.Once
	done    chan struct{}
	running sync.WaitGroup
}

// newPictures takes a place and starts; the error is ErrNoPath if there is none.
func newPictures(pipe *Pipe, from, to Format, options PictureOptions) (*pictures, error) {
	source, target, ok := conversion(from, to)
	if !ok || !options.Limit.take() {
		return nil, noPath(from, 0)
	}
	p := &pictures{
		pipe: pipe, to: to, options: options, assembly: newAssembly(source), broken: true,
		queue: make(chan frame, waiting), done: make(chan struct{}),
		convert: picture.Options{From: source, To: target, Pixels: defaultPixels},
	}
	if most := pixelsOf(to); most > 0 {
		p.convert.Pixels = min(most, defaultPixels)
	}
	if target == picture.H264 && singleUnitsOnly(to) {
		p.convert.UnitSize = payload.DefaultMaxSize
	}
	p.limit(options.Bitrate)
	p.convert.Bitrate = int(p.bitrate.Load())
	converter, err := picture.New(p.convert)
	if err != nil {
		options.Limit.giveBack()
		return nil, err //nolint:wrapcheck // says what is wrong
	}
	p.running.Go(func() { p.run(converter) })
	return p, nil
}

// limit sets how much is made, in bit/s; 0 is for a receiver that does not say.
func (p *pictures) limit(bitrate uint64) {
	if bitrate == 0 {
		bitrate = defaultPictureBitrate
	}
	p.bitrate.Store(int64(min(bitrate, mostPictureBitrate)))
}

// write takes a packet of the source, with its parameter sets put in if it told them apart.
func (p *pictures) write(packet *rtp.Packet, sets *h264.Inserter) error {
	if sets == nil {
		p.order.put(packet, time.Now(), p)
		return nil
	}
	return sets.Write(packet, func(packet *rtp.Packet) error {
		p.order.put(packet, time.Now(), p)
		return nil
	})
}

// close ends the goroutine and waits for it.
func (p *pictures) close() {
	p.closing.Do(func() {
		close(p.done)
		p.running.Wait()
		p.options.Limit.giveBack()
	})
}

// Restart begins with another source: it has to begin with a full picture, and its numbers are others.
func (p *pictures) Restart() { p.broken, p.assembly = true, newAssembly(p.convert.From) }

// Lose notes that packets are missing.
func (p *pictures) Lose() { p.broken = true }

// Play takes the next packet in order.
func (p *pictures) Play(packet *rtp.Packet) {
	if value := packet.GetExtension(orientationID); packet.Extension && len(value) == 1 {
		p.turned, p.orientation = true, value[0]
	}
	p.assembly.put(packet, p.take)
	if p.broken || p.spoiled.Load() {
		p.ask(time.Now())
	}
}

func (p *pictures) ask(now time.Time) {
	if p.options.AskKeyframe != nil && now.Sub(p.asked) >= askPause {
		p.asked = now
		p.options.AskKeyframe()
	}
}

// take hands a picture on to be converted, if that is of use.
func (p *pictures) take(whole frame) {
	whole.turned, whole.orientation = p.turned, p.orientation
	p.turned = false
	if whole.key {
		p.broken = false
		p.spoiled.Store(false)
	}
	if p.broken || p.spoiled.Load() {
		return
	}
	whole.data = append([]byte(nil), whole.data...) // the next picture takes its place
	select {
	case p.queue <- whole:
	default:
		p.broken = true // those after it need it
		p.pipe.decodeErrors.Add(1)
	}
}

// run converts until the way is closed.
func (p *pictures) run(converter *picture.Converter) {
	defer converter.Close()
	out := newPictureStream(p.pipe, p.to)
	bitrate := p.bitrate.Load()
	for {
		var next frame
		select {
		case <-p.done:
			return
		case next = <-p.queue:
		}
		if now := p.bitrate.Load(); now != bitrate {
			bitrate = now
			converter.SetBitrate(int(bitrate))
		}
		made, err := converter.Convert(next.data, next.timestamp, next.key || p.wanted.Swap(false))
		if err != nil {
			p.pipe.decodeErrors.Add(1)
			p.spoiled.Store(true)
			continue
		}
		if len(made.Data) > 0 {
			next.timestamp = made.Timestamp
			out.send(next, made.Data)
		}
	}
}

// pictureStream makes packets of pictures.
type pictureStream struct {
	pipe    *Pipe
	to      Format
	cutting cutting
	packet  rtp.Packet
	ssrc    uint32
	number  uint16
}

func newPictureStream(pipe *Pipe, to Format) *pictureStream {
	s := &pictureStream{pipe: pipe, to: to, ssrc: rand.Uint32(), number: uint16(rand.Uint32())}
	s.cutting.codec, s.cutting.avc.Single = picture.H264, singleUnitsOnly(to)
	if videoCodec(to.Codec) == vp8 {
		s.cutting.codec = picture.VP8
	}
	return s
}

// send sends a picture under the timestamp of the one that it was made of.
func (s *pictureStream) send(source frame, data []byte) {
	s.cutting.cut(data, func(content []byte, last bool) { s.sendPart(source, content, last) })
}

// sendPart sends a packet of a picture; last is that which ends it.
func (s *pictureStream) sendPart(source frame, content []byte, last bool) {
	s.number++
	s.packet.Header = rtp.Header{
		Version: 2, Marker: last, PayloadType: s.to.PayloadType, SequenceNumber: s.number,
		Timestamp: source.timestamp, SSRC: s.ssrc,
	}
	if last && source.turned {
		_ = s.packet.SetExtension(orientationID, []byte{source.orientation})
	}
	s.packet.Payload = content
	_ = s.pipe.send(&s.packet) // what cannot be sent the receiver counts
}
