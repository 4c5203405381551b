package transcode

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/jitter"
	"sipbridge/transcode/resample"
)

const (
	// maxConceal is the longest hole that is concealed; the rest of a longer one stays a gap.
	maxConceal = 120 * time.Millisecond
	// tolerance is how far timestamps may be off the sound before they are believed: some senders take them from
	// a wall clock.
	tolerance = 5 * time.Millisecond
	// maxGap is the longest silence between two packets of one source; a larger jump of
	// the timestamp is a new time line.
	maxGap = time.Minute
	// maxPayload is the largest packet that is made, in bytes.
	maxPayload = 1500
)

// transcoder turns the packets of one format into those of another: it puts them in order, decodes them,
// conceals what is lost, cuts the sound into frames and encodes those. Its stream has its own SSRC and
// sequence; its timestamps advance as those of the source do, so that a silence stays a gap. When the
// source begins a new time line the SSRC changes, and the Sender behind goes on by its own clock.
//
// It is the Sink of its jitter.Buffer, and guarded by the lock of its Pipe.
type transcoder struct {
	pipe     *Pipe
	from, to Format
	path     path
	options  ConnectOptions
	buffer   *jitter.Buffer
	decoder  Decoder
	// resampler is nil where the decoder gives the rate that the encoder takes.
	resampler *resample.Resampler
	encoder   Encoder
	// losses knows what becomes of the packets; nil if nobody does. The encoder is armed against so many percent.
	losses LossReporter
	armed  int
	// requests knows in which mode the party wants to be spoken to; nil if nobody does, or the codec has none.
	requests ModeRequester
	// noises knows whether the party takes descriptions of noise; nil if nobody does.
	noises  NoiseTaker
	comfort comfort
	now     time.Duration // the moment of the packet, or of the timer
	tellAt  time.Duration // when the receiver is told what was captured when, if the source does not say

	work    *workspace // while a packet is at hand; else nil
	pcm     int        // the most samples of a packet; 0 before open
	changed int        // the same at the encoder's rate; 0 where that is the decoder's
	frame   []int16    // what waits to be a whole frame
	out     rtp.Packet

	fresh  bool   // the next packet begins a time line
	cursor uint32 // the timestamp that the source's next packet should have
	last   int    // samples in the source's last packet

	ssrc     uint32
	sequence uint16
	position uint64 // of the first sample of frame, at the encoder's rate
	marker   bool
	err      error // of the receiver, for the packet being written
}

func newTranscoder(pipe *Pipe, from, to Format, path path, options ConnectOptions) *transcoder {
	if options.Workspaces == nil {
		options.Workspaces = &Workspaces{}
	}
	t := &transcoder{pipe: pipe, from: from, to: to, path: path, options: options}
	t.buffer = jitter.NewBuffer(t, jitter.Options{
		ClockRate: from.ClockRate, Wait: options.Wait, Most: options.MostDelay,
	})
	t.losses, _ = pipe.dst.(LossReporter)
	if AsksModes(to) {
		t.requests, _ = pipe.dst.(ModeRequester)
	}
	t.noises, _ = pipe.dst.(NoiseTaker)
	t.sequence, t.position = uint16(rand.Uint32()), uint64(rand.Uint32())
	t.Restart()
	return t
}

// write takes a packet of the source that came at a moment, and gives the receiver's error.
func (t *transcoder) write(packet *rtp.Packet, at time.Duration) error {
	defer t.begin().end()
	t.err, t.now = nil, at
	t.soothe()
	t.buffer.Push(packet, at)
	if len(packet.Payload) > 0 {
		t.guessCapture(packet.Timestamp)
	}
	return t.err
}

// advance lets out what is due at a moment, and gives the receiver's error.
func (t *transcoder) advance(at time.Duration) error {
	defer t.begin().end()
	t.err, t.now = nil, at
	t.buffer.Advance(at)
	t.soothe()
	return t.err
}

// stop lets out what is held, because the source changed to another format.
func (t *transcoder) stop() {
	defer t.begin().end()
	t.buffer.Reset()
	t.Restart()
}

// begin borrows what work takes, until end.
func (t *transcoder) begin() *transcoder {
	t.work = t.options.Workspaces.take()
	t.work.fit(t.pcm, t.changed)
	return t
}

func (t *transcoder) end() {
	t.options.Workspaces.give(t.work)
	t.work = nil
}

// open makes what is needed only when packets come.
func (t *transcoder) open() error {
	if t.encoder != nil {
		return nil
	}
	var err error
	if t.decoder, err = NewDecoder(t.from, t.path.decode); err != nil {
		return err
	}
	t.pcm = t.samples(MaxPacketTime)
	if t.path.resamples() {
		if t.resampler, err = resample.New(t.path.decode, t.path.encode); err != nil {
			return err
		}
		t.changed = t.resampler.Room(t.pcm)
	}
	if t.encoder, err = NewEncoder(t.to, t.path.encode, t.options.Encoder); err != nil {
		return err
	}
	known, _ := find(t.to.Codec)
	t.frame = make([]int16, 0, t.encoded(t.samples(known.packetTime(t.options.PacketTime))))
	t.work.fit(t.pcm, t.changed)
	return nil
}

// samples converts a length of time into samples of the decoder.
func (t *transcoder) samples(length time.Duration) int {
	return int(int64(length) * int64(t.path.decode) / int64(time.Second))
}

// encoded converts a number of samples of the decoder into one of the encoder.
func (t *transcoder) encoded(samples int) int {
	return int(int64(samples) * int64(t.path.encode) / int64(t.path.decode))
}

// Restart begins a new time line.
func (t *transcoder) Restart() {
	t.fresh, t.marker = true, true
	t.frame = t.frame[:0]
	t.ssrc = rand.Uint32()
	t.comfort.on = false
	t.tellAt = 0 // nobody has said when this was captured
	t.forget()
}

// forget empties the resampler, so that its last few milliseconds are not heard after a gap.
func (t *transcoder) forget() {
	if t.resampler != nil {
		t.resampler.Reset()
	}
}

// Play decodes a packet.
func (t *transcoder) Play(packet *rtp.Packet) {
	if len(packet.Payload) == 0 {
		return
	}
	if err := t.open(); err != nil {
		t.err = err
		return
	}
	if t.isNoise(packet) {
		t.describe(packet)
		return
	}
	t.comfort.on = false
	t.align(packet.Timestamp)
	n, err := t.decoder.Decode(packet.Payload, t.work.pcm)
	if err != nil {
		t.pipe.decodeErrors.Add(1)
		t.conceal(nil, t.last)
		return
	}
	t.last = n
	t.pipe.sound.hear(t.work.pcm[:n], t.path.decode)
	if !t.hush(packet.Payload, n) {
		t.follow(t.work.pcm[:n])
		t.put(t.work.pcm[:n])
	}
}

// Lose conceals lost packets, as far as the timestamps say that they were sound.
func (t *transcoder) Lose(count int, next *rtp.Packet) {
	if t.fresh || t.encoder == nil {
		return
	}
	missing := t.gap(next.Timestamp)
	n := min(missing, count*t.last, t.samples(maxConceal))
	if n < missing {
		t.conceal(nil, n) // the packet after the hole cannot restore its beginning
		return
	}
	t.conceal(next.Payload, n)
}

func (t *transcoder) conceal(next []byte, samples int) {
	if samples <= 0 {
		return
	}
	n, err := t.decoder.Conceal(next, t.work.pcm[:samples])
	if err != nil {
		t.pipe.decodeErrors.Add(1)
		return
	}
	t.pipe.sound.conceal(n, t.path.decode)
	t.put(t.work.pcm[:n])
}

// gap gives how many samples of the decoder a timestamp is ahead of the sound.
func (t *transcoder) gap(timestamp uint32) int {
	return int(int64(int32(timestamp-t.cursor)) * int64(t.path.decode) / int64(t.from.ClockRate))
}

// align brings the time line to the timestamp of the packet that is to be decoded.
func (t *transcoder) align(timestamp uint32) {
	if !t.fresh {
		gap := t.gap(timestamp)
		switch {
		case max(gap, -gap) < t.samples(tolerance):
			return
		case max(gap, -gap) > t.samples(maxGap):
			t.Restart()
		case gap > 0:
			t.pause(t.encoded(gap))
		}
	}
	t.fresh, t.cursor = false, timestamp
}

// pause leaves a gap in the outgoing time line, in samples of the encoder. A frame that has begun is filled up
// with silence.
func (t *transcoder) pause(samples int) {
	t.forget()
	if begun := len(t.frame); begun > 0 {
		room := min(cap(t.frame)-begun, samples)
		t.frame = t.frame[:begun+room]
		clear(t.frame[begun:])
		samples -= room
		t.emit()
	}
	if samples > 0 {
		t.position += uint64(samples)
		t.marker = true
	}
}

// put cuts sound into frames.
func (t *transcoder) put(pcm []int16) {
	t.cursor += uint32(int64(len(pcm)) * int64(t.from.ClockRate) / int64(t.path.decode))
	if t.resampler != nil {
		n, err := t.resampler.Resample(pcm, t.work.changed)
		if err != nil {
			t.fail(err)
			return
		}
		pcm = t.work.changed[:n]
	}
	for len(pcm) > 0 {
		begun := len(t.frame)
		n := copy(t.frame[begun:cap(t.frame)], pcm)
		t.frame, pcm = t.frame[:begun+n], pcm[n:]
		t.emit()
	}
}

// emit sends the frame if it is whole.
func (t *transcoder) emit() {
	if len(t.frame) < cap(t.frame) {
		return
	}
	t.arm()
	t.obey()
	size, err := t.encoder.Encode(t.frame, t.work.payload[:])
	samples := len(t.frame)
	t.frame = t.frame[:0]
	if err != nil || size == 0 {
		t.position += uint64(samples)
		t.marker = true
		t.fail(err)
		return
	}
	t.send(t.to.PayloadType, size, samples)
	t.marker = false
}

// send sends the payload that was made, which stands for so many samples of the encoder.
func (t *transcoder) send(payloadType uint8, size, samples int) {
	t.sequence++
	t.out.Header = rtp.Header{
		Version: 2, Marker: t.marker, PayloadType: payloadType, SequenceNumber: t.sequence,
		Timestamp: t.stamp(t.position), SSRC: t.ssrc,
	}
	t.out.Payload = t.work.payload[:size]
	t.position += uint64(samples)
	t.fail(t.pipe.send(&t.out))
}

// stamp gives the outgoing timestamp of a position.
func (t *transcoder) stamp(position uint64) uint32 {
	return uint32(position * uint64(t.to.ClockRate) / uint64(t.path.encode))
}

// fail keeps the first error of a packet.
func (t *transcoder) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}
