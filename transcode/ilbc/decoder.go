package ilbc

import (
	"io"

	"sipbridge/transcode/avcodec"
	"sipbridge/transcode/conceal"
)

// Decoder decodes one stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	mode     mode
	frames   *avcodec.Decoder
	repeater *conceal.Repeater
	// heard is what was decoded last, in memory that is used again.
	heard []int16
}

// NewDecoder makes a decoder, which is ready for frames of 30 ms and changes when others come. The error is
// avcodec.ErrMissing in a program without libavcodec.
func NewDecoder() (*Decoder, error) {
	d := &Decoder{repeater: conceal.NewRepeater(SampleRate)}
	if err := d.use(long()); err != nil {
		return nil, err
	}
	return d, nil
}

// use begins anew with frames of a mode.
func (d *Decoder) use(wanted mode) error {
	if d.mode == wanted {
		return nil
	}
	frames, err := avcodec.New(avcodec.Options{Codec: avcodec.ILBC, SampleRate: SampleRate, FrameSize: wanted.size})
	if err != nil {
		return err //nolint:wrapcheck // says what it is
	}
	if d.frames != nil {
		d.frames.Close()
	}
	d.mode, d.frames = wanted, frames
	if wanted == short() {
		_, err = d.frames.Decode(silence(), nil)
	}
	return err //nolint:wrapcheck // says what it is
}

// silence is a frame of 20 ms without a sound. A stream of them begins with a loud click in libavcodec 5.1, if this one
// does not come first.
func silence() []byte {
	return []byte("\xff\xa6\x34\x00\x01\xb0\x00\x00\x00\x00\x00\x00\x00\x49\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\xff\xff\xff\xc0\x00\x0d\x96\x2c\x6c\x6c\x6c\x36\x36")
}

// Decode turns a payload into sound and gives the number of samples. The error is ErrMalformed, avcodec.ErrDecode or
// io.ErrShortBuffer.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	frames, err := modeOf(payload)
	if err == nil {
		err = d.use(frames)
	}
	if err != nil {
		return 0, err
	}
	d.heard = d.heard[:0]
	for ; len(payload) > 0; payload = payload[frames.size:] {
		if d.heard, err = d.frames.Decode(payload[:frames.size], d.heard); err != nil {
			return 0, err //nolint:wrapcheck // says what it is
		}
	}
	if len(d.heard) > len(pcm) {
		return 0, io.ErrShortBuffer
	}
	d.repeater.Heard(d.heard)
	return copy(pcm, d.heard), nil
}

// Conceal fills pcm. What follows the hole is of no use to it: frames stand alone.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	d.repeater.Fill(pcm)
	return len(pcm), nil
}
