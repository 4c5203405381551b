package transcode

import (
	"fmt"
	"strings"
)

// Codec names an encoding as an SDP rtpmap does (RFC 8866 section 6.6).
type Codec struct {
	// Name is the encoding name; it is compared without regard to case.
	Name string
	// ClockRate is the RTP timestamp rate in Hz.
	ClockRate uint32
	// Channels is the number of audio channels; 0 and 1 both mean mono.
	Channels uint8
}

// Equal tells whether both name the same encoding.
func (c Codec) Equal(other Codec) bool {
	return strings.EqualFold(c.Name, other.Name) &&
		c.ClockRate == other.ClockRate && max(c.Channels, 1) == max(other.Channels, 1)
}

// String gives the codec as an rtpmap value: "opus/48000/2", "PCMU/8000".
func (c Codec) String() string {
	if c.Channels > 1 {
		return fmt.Sprintf("%s/%d/%d", c.Name, c.ClockRate, c.Channels)
	}
	return fmt.Sprintf("%s/%d", c.Name, c.ClockRate)
}

// Format is a codec as negotiated with one party.
type Format struct {
	Codec
	// PayloadType is the number that packets of this format carry on the wire of that party.
	PayloadType uint8
	// Parameters is the value of the format's a=fmtp line, without the payload type.
	Parameters string
}
