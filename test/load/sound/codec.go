package sound

import (
	"fmt"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/opus"
)

// Codec is what a party speaks.
type Codec uint8

// The codecs.
const (
	PCMU Codec = iota + 1
	Opus
)

// PayloadType is the RTP payload type that the generator uses for the codec.
func (c Codec) PayloadType() uint8 {
	if c == Opus {
		return 111
	}
	return 0
}

// Step is how far the RTP timestamp goes in a packet (RFC 3551 section 4.5.14, RFC 7587 section 4.1).
func (c Codec) Step() uint32 { return uint32(c.ClockRate()) / uint32(packetsPerSecond) }

// ClockRate is that of the RTP timestamp, in Hz.
func (c Codec) ClockRate() int {
	if c == Opus {
		return 48000
	}
	return g711Rate
}

const (
	g711Rate = 8000
	// largestPacket takes 20 ms of Opus at any bit rate.
	largestPacket = 1275
)

// Loop encodes the speech into packets, which are played again and again. The quality is for Opus alone.
func (c Codec) Loop(quality Quality) ([][]byte, error) {
	rate, encode := g711Rate, encodeMuLaw
	if c == Opus {
		encoder, err := opus.NewEncoder(opus.EncoderOptions{SampleRate: quality.Rate, Bitrate: quality.Bitrate})
		if err != nil {
			return nil, fmt.Errorf("speech: %w", err)
		}
		rate, encode = quality.Rate, encoder.Encode
	}
	samples, perPacket := speech(rate), rate/packetsPerSecond
	packets := make([][]byte, 0, loopPackets)
	for i := range loopPackets {
		packet := make([]byte, largestPacket)
		n, err := encode(samples[i*perPacket:(i+1)*perPacket], packet)
		if err != nil {
			return nil, fmt.Errorf("speech: %w", err)
		}
		packets = append(packets, packet[:n:n])
	}
	return packets, nil
}

func encodeMuLaw(samples []int16, packet []byte) (int, error) {
	return g711.MuLaw.Encode(samples, packet), nil
}

// decoder decodes packets of the codec to 8 kHz.
func (c Codec) decoder() (func(packet []byte, samples []int16) (int, error), error) {
	if c == Opus {
		decoder, err := opus.NewDecoder(g711Rate)
		if err != nil {
			return nil, fmt.Errorf("hear opus: %w", err)
		}
		return decoder.Decode, nil
	}
	return func(packet []byte, samples []int16) (int, error) {
		return g711.MuLaw.Decode(packet, samples), nil
	}, nil
}
