package transcode

import (
	"github.com/pion/rtp"

	"sipbridge/transcode/dtmf"
)

// KeyListener passes the packets of a party on that presses keys as tones in its sound, and hears them. While a key may
// sound, packets go on without their payload, so that the key is not heard beside the event that it is told as; of its
// beginning at most 20 ms get through. Formats that cannot be decoded pass as they are. It is a PacketWriter.
type KeyListener struct {
	dst PacketWriter
	// ears has those of the payload types that can be decoded.
	ears map[uint8]*ear

	// last is the sequence number of the newest packet; valid if begun.
	last  uint16
	begun bool
}

// ear hears keys in the packets of one format.
type ear struct {
	decoder  Decoder
	detector *dtmf.Detector
	pcm      []int16
}

// NewKeyListener makes a listener for a party that sends these formats. Report is called from WriteRTP, once for each
// key, at its end.
func NewKeyListener(formats []Format, dst PacketWriter, report func(dtmf.Key)) *KeyListener {
	l := &KeyListener{dst: dst, ears: make(map[uint8]*ear)}
	for _, format := range formats {
		known, ok := find(format.Codec)
		if !ok {
			continue
		}
		sampleRate := known.rates[len(known.rates)-1] // the keys are in the lowest band
		decoder, err := known.newDecoder(format, sampleRate)
		if err != nil {
			continue
		}
		l.ears[format.PayloadType&0x7f] = &ear{
			decoder: decoder, detector: dtmf.NewDetector(sampleRate, report),
			pcm: make([]int16, int(int64(sampleRate)*int64(MaxPacketTime)/1e9)),
		}
	}
	return l
}

// WriteRTP listens to a packet and passes it on. The error is that of the receiver.
func (l *KeyListener) WriteRTP(packet *rtp.Packet) error {
	ear, ok := l.ears[packet.PayloadType&0x7f]
	ahead := !l.begun || int16(packet.SequenceNumber-l.last) > 0
	if ahead {
		l.begun, l.last = true, packet.SequenceNumber
	}
	if ok && ahead && len(packet.Payload) > 0 && ear.hear(packet.Payload) {
		packet.Payload = nil
	}
	return l.dst.WriteRTP(packet)
}

// hear tells whether a key may sound in a packet. What cannot be decoded is no key.
func (e *ear) hear(payload []byte) bool {
	n, err := e.decoder.Decode(payload, e.pcm)
	return err == nil && e.detector.Hear(e.pcm[:n])
}
