package transcode

import (
	"slices"
	"time"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/g722"
	"sipbridge/transcode/gsm"
	"sipbridge/transcode/l16"
	"sipbridge/transcode/opus"
)

// Decoder turns the packets of one stream into mono sound. It is not safe for concurrent use.
type Decoder interface {
	// Decode decodes a payload and gives the number of samples. Pcm must have room for MaxPacketTime.
	Decode(payload []byte, pcm []int16) (samples int, err error)
	// Conceal fills pcm with a substitute for sound that was lost, and gives how much it filled. Next is
	// the payload that follows the hole, or nil.
	Conceal(next []byte, pcm []int16) (samples int, err error)
}

// Encoder turns mono sound into packets of one stream. It is not safe for concurrent use.
type Encoder interface {
	// Encode encodes one frame and gives the size of the payload. A size of 0 means that
	// nothing need be sent.
	Encode(pcm []int16, payload []byte) (size int, err error)
}

// EncoderOptions says how an Encoder encodes. Codecs without such a choice ignore it.
type EncoderOptions struct {
	// Complexity of Opus, 1 to 10; 0 means 5.
	Complexity int
	// Effort, if not nil, sets the complexity of Opus instead, also while it encodes.
	Effort *Effort
	// Bitrate of Opus in bit/s; 0 means 32000 (narrow band) and 40000 (wide band), or 24000 above, with usedtx, and while
	// a receiver that takes FEC reports losses. The format's maxaveragebitrate bounds it.
	Bitrate int
	// Loss is how many of the packets will be lost at first, in percent. From 1 on those of Opus carry a rough copy of the
	// one before, where the receiver can use it, which takes a fifth more time to encode. A LossReporter tells it later.
	Loss int
	// SpeexQuality sets the bit rate of Speex, 1 to 10; 0 means 8.
	SpeexQuality int
	// SpeexComplexity of Speex, 1 to 10; 0 means 3.
	SpeexComplexity int
}

// MaxPacketTime is the longest packet that can be transcoded.
const MaxPacketTime = 240 * time.Millisecond

// implementation is what is known of a codec that can be decoded, and mostly encoded.
type implementation struct {
	Codec
	// payloadType is the static one (RFC 3551 table 4), or -1.
	payloadType int
	// rates are the sample rates in Hz at which it can be decoded and encoded, the highest first.
	rates []int
	// packetTimes are the frame lengths that it can be encoded in, the shortest first.
	packetTimes []time.Duration

	newDecoder func(format Format, sampleRate int) (Decoder, error)
	// newEncoder is nil where there is none.
	newEncoder func(format Format, sampleRate int, options EncoderOptions) (Encoder, error)
}

// implementations is the list of all codecs. A newcomer adds one line here, and a package.
func implementations() []implementation {
	tens, twenties, long := ms(10, 20, 30, 40, 50, 60), ms(20, 40, 60), ms(10, 20, 40, 60, 80, 100, 120)
	telephone, wide := []int{g711.SampleRate}, []int{g722.SampleRate}
	known := []implementation{
		{Codec{"opus", 48000, 2}, -1, opus.SampleRates(), long, newOpusDecoder, newOpusEncoder},
		{Codec{"speex", 32000, 1}, -1, []int{32000}, twenties, newSpeexDecoder, newSpeexEncoder},
		{Codec{"speex", 16000, 1}, -1, []int{16000}, twenties, newSpeexDecoder, newSpeexEncoder},
		{Codec{"L16", l16.SampleRate, 1}, -1, []int{l16.SampleRate}, ms(10, 20, 30, 40), newL16Decoder, newL16Encoder},
		{Codec{"G722", g722.ClockRate, 1}, 9, wide, tens, newG722Decoder, newG722Encoder},
		{Codec{"PCMU", 8000, 1}, 0, telephone, tens, g711Decoder(g711.MuLaw), g711Encoder(g711.MuLaw)},
		{Codec{"PCMA", 8000, 1}, 8, telephone, tens, g711Decoder(g711.ALaw), g711Encoder(g711.ALaw)},
		{Codec{"speex", 8000, 1}, -1, []int{8000}, twenties, newSpeexDecoder, newSpeexEncoder},
		{Codec{"GSM", gsm.SampleRate, 1}, 3, []int{gsm.SampleRate}, twenties, newGSMDecoder, newGSMEncoder},
	}
	return slices.Concat(known, amrImplementations(), g729Implementations(), ilbcImplementations())
}

func find(codec Codec) (implementation, bool) {
	for _, known := range implementations() {
		if known.Equal(codec) {
			return known, true
		}
	}
	return implementation{}, false
}

// Transcodable tells whether packets of a codec can be decoded and made.
func Transcodable(codec Codec) bool {
	known, ok := find(codec)
	return ok && known.newEncoder != nil
}

// ReceiveOnly tells whether packets of a codec can be decoded and not made. A party that is to be spoken to has to have
// another one, too.
func ReceiveOnly(codec Codec) bool {
	known, ok := find(codec)
	return ok && known.newEncoder == nil
}

// Codecs lists the codecs that can be decoded and made, the best first.
func Codecs() []Codec {
	var list []Codec
	for _, known := range implementations() {
		if known.newEncoder != nil {
			list = append(list, known.Codec)
		}
	}
	return list
}

// StaticPayloadType gives the payload type that RFC 3551 fixes for a codec; an SDP may use it without an rtpmap.
func StaticPayloadType(codec Codec) (payloadType uint8, ok bool) {
	known, ok := find(codec)
	if !ok || known.payloadType < 0 {
		return 0, false
	}
	return uint8(known.payloadType), true
}

// StaticCodec gives the codec that RFC 3551 fixes for a payload type.
func StaticCodec(payloadType uint8) (codec Codec, ok bool) {
	for _, known := range implementations() {
		if known.payloadType == int(payloadType) {
			return known.Codec, true
		}
	}
	return Codec{}, false
}

// NewDecoder makes a decoder of a format whose sound has the given sample rate in Hz. The error is
// ErrNoPath if the codec is unknown or does not know that rate.
func NewDecoder(format Format, sampleRate int) (Decoder, error) {
	known, ok := find(format.Codec)
	if !ok || !known.at(sampleRate) {
		return nil, noPath(format, sampleRate)
	}
	return known.newDecoder(format, sampleRate)
}

// NewEncoder makes an encoder of a format from sound of the given sample rate in Hz. It keeps to what
// the parameters of the format ask. The error is ErrNoPath if the codec is unknown or does not know that rate.
func NewEncoder(format Format, sampleRate int, options EncoderOptions) (Encoder, error) {
	known, ok := find(format.Codec)
	if !ok || !known.at(sampleRate) || known.newEncoder == nil {
		return nil, noPath(format, sampleRate)
	}
	return known.newEncoder(format, sampleRate, options)
}

// SampleRate gives the highest sample rate in Hz at which a codec can be decoded, and encoded if at all, 0 if it is not
// known. Sound up to half of it is heard.
func SampleRate(codec Codec) int {
	known, ok := find(codec)
	if !ok {
		return 0
	}
	return known.rates[0]
}
