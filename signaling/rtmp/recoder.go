package rtmp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pion/rtp"

	"sipbridge/transcode"
	"sipbridge/transcode/avcodec"
	"sipbridge/transcode/resample"
)

// errUnheard is the error of sound whose codec nobody here understands.
var errUnheard = errors.New("rtmp: sound in an unknown codec")

// recoder makes packets of a format that others understand of sound in AAC and Nellymoser, which only Flash and
// encoders have. It belongs to one goroutine.
type recoder struct {
	wanted  avcodec.Options
	decoder *avcodec.Decoder
	decoded []int16

	format    transcode.Format
	encoder   transcode.Encoder
	from, to  int // sample rates in Hz
	resampler *resample.Resampler
	// waiting is sound at the rate to that is no whole packet yet; next is the RTP timestamp of its first sample.
	waiting []int16
	next    uint32
	started bool
	packet  rtp.Packet
}

func newRecoder() recoder {
	header := rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32())}
	return recoder{packet: rtp.Packet{Header: header}}
}

// take decodes the sound of a message, if it has any: a configuration is kept. The error is errUnheard,
// avcodec.ErrMissing or avcodec.ErrDecode.
func (r *recoder) take(payload []byte) error {
	r.decoded = r.decoded[:0]
	wanted, body, err := readSound(payload, r.wanted)
	if err != nil {
		return err
	}
	if r.decoder == nil || wanted.Codec != r.wanted.Codec || wanted.SampleRate != r.wanted.SampleRate ||
		!slices.Equal(wanted.Config, r.wanted.Config) {
		wanted.Config = slices.Clone(wanted.Config)
		r.close() // the collector does not see how much there is behind it
		if r.decoder, err = avcodec.New(wanted); err != nil {
			return err
		}
		r.wanted = wanted
	}
	if len(body) == 0 {
		return nil
	}
	r.decoded, err = r.decoder.Decode(body, r.decoded)
	return err
}

func (r *recoder) close() {
	if r.decoder != nil {
		r.decoder.Close()
		r.decoder = nil
	}
}

// readSound reads the tag of a message (FLV specification, sections E.4.2.1 and E.4.2.2): what decodes it, and the
// sound; none in a configuration. Before is what decoded the message before.
func readSound(payload []byte, before avcodec.Options) (wanted avcodec.Options, sound []byte, err error) {
	const aacHeader = 2
	tag := payload[0]
	nellymoser := func(rate int) (avcodec.Options, []byte, error) {
		return avcodec.Options{Codec: avcodec.Nellymoser, SampleRate: rate}, payload[1:], nil
	}
	switch tag >> 4 {
	case 4:
		return nellymoser(16000)
	case 5:
		return nellymoser(8000)
	case 6:
		return nellymoser([...]int{5512, 11025, 22050, 44100}[tag>>2&3])
	case 10:
		if len(payload) < aacHeader {
			return avcodec.Options{}, nil, avcodec.ErrDecode
		}
		if payload[1] == 0 {
			return avcodec.Options{Codec: avcodec.AAC, Config: payload[aacHeader:]}, nil, nil
		}
		if before.Codec != avcodec.AAC {
			before = avcodec.Options{Codec: avcodec.AAC}
		}
		return before, payload[aacHeader:], nil
	default:
		return avcodec.Options{}, nil, errUnheard
	}
}

// send gives packets of the sound that was taken last, whose time is in milliseconds.
func (r *recoder) send(format transcode.Format, timestamp uint32, to func(*rtp.Packet)) error {
	if len(r.decoded) == 0 {
		return nil
	}
	if err := r.prepare(format, r.decoder.SampleRate()); err != nil {
		return err
	}
	r.place(timestamp)
	if err := r.resample(); err != nil {
		return err
	}
	frame, step := r.to/50, format.ClockRate/50
	for len(r.waiting) >= frame {
		var payload [maxSound]byte
		size, err := r.encoder.Encode(r.waiting[:frame], payload[:])
		if err != nil {
			return err
		}
		r.packet.SequenceNumber++
		r.packet.PayloadType, r.packet.Timestamp, r.packet.Payload = format.PayloadType, r.next, payload[:size]
		to(&r.packet)
		r.packet.Marker = false
		r.next += step
		r.waiting = append(r.waiting[:0], r.waiting[frame:]...)
	}
	return nil
}

// prepare makes what is needed to get from a sample rate to a format.
func (r *recoder) prepare(format transcode.Format, from int) (err error) {
	if r.encoder != nil && r.format.Equal(format.Codec) && r.from == from {
		return nil
	}
	to := transcode.SampleRate(format.Codec)
	if r.encoder, err = transcode.NewEncoder(format, to, transcode.EncoderOptions{}); err != nil {
		return fmt.Errorf("recode: %w", err)
	}
	if r.resampler, err = resample.New(from, to); err != nil {
		return fmt.Errorf("recode: %w", err)
	}
	r.format, r.from, r.to, r.started = format, from, to, false
	return nil
}

// place puts new sound where its time says, if that is not where the sound before ends.
func (r *recoder) place(timestamp uint32) {
	clock := uint64(r.format.ClockRate)
	is := uint32(uint64(timestamp) * clock / 1000)
	off := int64(int32(is - r.next - uint32(uint64(len(r.waiting))*clock/uint64(r.to))))
	if limit := int64(wander) * int64(clock) / 1000; !r.started || off > limit || off < -limit {
		r.started, r.packet.Marker, r.next = true, true, is
		r.waiting = r.waiting[:0]
	}
}

func (r *recoder) resample() error {
	before := len(r.waiting)
	room := r.resampler.Room(len(r.decoded))
	r.waiting = append(r.waiting, make([]int16, room)...)
	made, err := r.resampler.Resample(r.decoded, r.waiting[before:])
	r.waiting = r.waiting[:before+made]
	return err
}
