package webrtcmedia

import (
	"slices"
	"strings"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

const (
	telephoneEvent = "telephone-event"
	// opusParameters are what we say of our Opus in every description: RFC 7587 section 6.1.
	opusParameters = "minptime=10;useinbandfec=1"
)

// audioCodecs is the table of codecs that a browser can use with us, with the payload types that our own
// offers give them (those of Chromium). To add one, add a line.
func audioCodecs() []transcode.Format {
	return []transcode.Format{
		{
			Codec:       transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2},
			PayloadType: 111, Parameters: opusParameters,
		},
		{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}, PayloadType: 0},
		{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8},
		{Codec: transcode.Codec{Name: "G722", ClockRate: 8000}, PayloadType: 9},
	}
}

// eventCodecs are the telephone-event formats, likewise.
func eventCodecs() []transcode.Format {
	return []transcode.Format{
		{Codec: transcode.Codec{Name: telephoneEvent, ClockRate: 48000}, PayloadType: 110},
		{Codec: transcode.Codec{Name: telephoneEvent, ClockRate: 8000}, PayloadType: 126},
	}
}

// usualPayloadType is the number that our own offers give a codec of pictures, if it is free: that of Chromium.
func usualPayloadType(codec transcode.Codec) uint8 {
	switch strings.ToUpper(codec.Name) {
	case "VP9":
		return 98
	case "H264":
		return 102
	case "AV1":
		return 45
	default:
		return 96
	}
}

// usedCodecs gives the formats of a section that can be used: of audio those that we know, of video those that can
// cross.
func usedCodecs(media sdp.Media) []transcode.Format {
	if media.Kind() == transcode.Audio {
		return known(media.Codecs(), audioCodecs())
	}
	return transcode.Crossing(media.Codecs())
}

// find gives the table's line for a codec.
func find(table []transcode.Format, codec transcode.Codec) (transcode.Format, bool) {
	for _, format := range table {
		if format.Equal(codec) {
			return format, true
		}
	}
	return transcode.Format{}, false
}

// known gives the formats of a list that stand in a table, with the list's payload types and the
// table's parameters: what we say of a codec is what we can do, not what the browser said.
func known(formats, table []transcode.Format) []transcode.Format {
	var found []transcode.Format
	for _, format := range formats {
		if line, ok := find(table, format.Codec); ok {
			line.PayloadType = format.PayloadType
			found = append(found, line)
		}
	}
	return found
}

// saying gives formats with what is to be said of them: the call may know more than the table, such as what a phone
// that decodes the packets asks for (RFC 7587 section 7.1).
func saying(formats, chosen []transcode.Format) []transcode.Format {
	said := slices.Clone(formats)
	for i := range said {
		if format, ok := find(chosen, said[i].Codec); ok && format.Parameters != "" {
			said[i].Parameters = format.Parameters
		}
	}
	return said
}
