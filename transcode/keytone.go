package transcode

import (
	"time"

	"sipbridge/transcode/dtmf"
)

const (
	// minKeyTone is the shortest tone that is sent: every receiver hears it.
	minKeyTone = 80 * time.Millisecond
	// keyLead comes before each tone: it takes the receiver's decoder off what was said.
	keyLead = 40 * time.Millisecond
	// keySilence follows each tone: receivers must notice 40 ms (ITU-T Q.24).
	keySilence = 60 * time.Millisecond
	// keyFrame is the length of the packets of a tone. Every codec has frames of that length.
	keyFrame = 20 * time.Millisecond
)

// keyTone makes the packets of one key as a tone, and of the silence after it.
type keyTone struct {
	tone    *dtmf.Tone
	encoder Encoder
	lead    int // frames of silence that are left before the tone
	frames  int // of the tone that are left
	silent  int // of the silence that are left
	ticks   uint32
	offset  uint32
	pcm     []int16
	payload []byte
}

// newKeyTone starts a key in a format.
func newKeyTone(key dtmf.Key, format Format) (*keyTone, error) {
	known, ok := find(format.Codec)
	if !ok {
		return nil, noPath(format, 0)
	}
	sampleRate := known.rates[len(known.rates)-1]
	tone, err := dtmf.NewKeyTone(key.Digit, sampleRate)
	if err != nil {
		return nil, err
	}
	encoder, err := known.newEncoder(format, sampleRate, EncoderOptions{})
	if err != nil {
		return nil, err
	}
	length := min(max(key.Duration, minKeyTone), dtmf.MaxDuration)
	return &keyTone{
		tone: tone, encoder: encoder, lead: int(keyLead / keyFrame),
		frames: int((length + keyFrame - 1) / keyFrame), silent: int(keySilence / keyFrame),
		ticks: uint32(int64(keyFrame) * int64(format.ClockRate) / int64(time.Second)),
		pcm:   make([]int16, int64(keyFrame)*int64(sampleRate)/int64(time.Second)), payload: make([]byte, maxPayload),
	}, nil
}

// next gives the next packet; ok is false when the key is done.
func (k *keyTone) next() (packet keyPacket, ok bool) {
	switch {
	case k.lead > 0:
		k.lead--
		clear(k.pcm)
	case k.frames > 0:
		k.frames--
		k.tone.Read(k.pcm)
	case k.silent > 0:
		k.silent--
		clear(k.pcm)
	default:
		return keyPacket{}, false
	}
	size, err := k.encoder.Encode(k.pcm, k.payload)
	if err != nil {
		return keyPacket{}, false
	}
	packet = keyPacket{payload: k.payload[:size], marker: k.offset == 0, offset: k.offset}
	k.offset += k.ticks
	return packet, true
}

// keyEvent makes the packets of one key as an event (RFC 4733).
type keyEvent struct {
	sender *dtmf.Sender
	packet dtmf.Packet
}

func (k *keyEvent) next() (packet keyPacket, ok bool) {
	k.packet, ok = k.sender.Next()
	return keyPacket{payload: k.packet.Payload[:], marker: k.packet.Marker, offset: k.packet.Offset}, ok
}

// keyPacket is one packet of a key. Its timestamp is that of the key's beginning and offset; the payload is valid until
// the next one is asked for.
type keyPacket struct {
	payload []byte
	marker  bool
	offset  uint32
}

// keyPackets makes the packets of one key; they are sent dtmf.Interval apart.
type keyPackets interface {
	next() (packet keyPacket, ok bool)
}
