package webrtcmedia

import (
	"fmt"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// redundancyCodec is the format in which payloads of Opus repeat those before them (RFC 2198), with the payload type
// that our own offers give it, Chromium's. Browsers have it for Opus alone. It stands behind Opus, so that they do not
// send it unasked; toward them it is used while they report losses.
func redundancyCodec() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "red", ClockRate: 48000, Channels: 2}, PayloadType: 63}
}

// repeats gives the parameters of a format that repeats another one and no other.
func repeats(format transcode.Format) string {
	return fmt.Sprintf("%d/%d", format.PayloadType, format.PayloadType)
}

// redundancyOf finds the format of a browser's section that repeats a format; a clock rate of 0 means that there is
// none.
func redundancyOf(section *sdp.Media, repeated transcode.Format) transcode.Format {
	for _, format := range section.Redundancy() {
		if format.Equal(redundancyCodec().Codec) && format.Parameters == repeats(repeated) {
			return format
		}
	}
	return transcode.Format{}
}

// redundancyFor gives the format that we offer beside Opus. Taken are the payload types that have a meaning, with this
// one after it.
func redundancyFor(formats []transcode.Format, taken *[]transcode.Format) transcode.Format {
	offered := redundancyCodec()
	for _, format := range formats {
		if format.ClockRate != offered.ClockRate {
			continue
		}
		number, ok := payloadType(offered, *taken)
		if !ok {
			break
		}
		offered.PayloadType, offered.Parameters = number, repeats(format)
		*taken = append(*taken, offered)
		return offered
	}
	return transcode.Format{}
}
