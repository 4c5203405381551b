package rtpmedia

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// redundancyPayloadType is the number that our offers suggest for RFC 2198.
const redundancyPayloadType = 121

// offeredBeside gives what our offers have beside codecs, for a party that is to get it: comfort noise (RFC 3389) where
// a codec has its clock, and repetition (RFC 2198) of Opus, or else of the first codec.
func (n *negotiation) offeredBeside(audio []sdp.Format, noise, redundancy bool) []sdp.Format {
	var codecs, formats []sdp.Format
	for _, format := range audio {
		if sdp.RoleOf(format.Codec) == sdp.RoleCodec {
			codecs = append(codecs, format)
		}
	}
	if noise && slices.ContainsFunc(codecs, func(f sdp.Format) bool { return f.ClockRate == noiseClock }) {
		formats = append(formats, sdp.Format{Format: transcode.Format{
			Codec: transcode.Codec{Name: "CN", ClockRate: noiseClock}, PayloadType: comfortNoisePayloadType,
		}})
	}
	if !redundancy || len(codecs) == 0 {
		return formats
	}
	repeated := codecs[0].Format
	if i := slices.IndexFunc(codecs, func(f sdp.Format) bool { return strings.EqualFold(f.Name, "opus") }); i >= 0 {
		repeated = codecs[i].Format
	}
	offered := transcode.Format{
		Codec:       transcode.Codec{Name: "red", ClockRate: repeated.ClockRate, Channels: repeated.Channels},
		PayloadType: redundancyPayloadType,
		Parameters:  fmt.Sprintf("%d/%d", repeated.PayloadType, repeated.PayloadType),
	}
	if number, ok := n.numbers.number(offered); ok {
		offered.PayloadType = number
		formats = append(formats, sdp.Format{Format: offered})
	}
	return formats
}

// repeats tells whether a format of RFC 2198 may have payloads of another one in it, as its parameters say (section 5).
func repeats(redundant, format transcode.Format) bool {
	number := strconv.Itoa(int(format.PayloadType))
	return redundant.ClockRate == format.ClockRate && slices.Contains(strings.Split(redundant.Parameters, "/"), number)
}

// redundancyOf gives the format of RFC 2198 that repeats what was agreed on, if one is offered: of the codec, of keys
// or of both, as the party says in its parameters, which we repeat.
func redundancyOf(offered sdp.Media, agreed []sdp.Format) []sdp.Format {
	known := func(payloadType string) bool {
		return slices.ContainsFunc(agreed, func(format sdp.Format) bool {
			return strconv.Itoa(int(format.PayloadType)) == payloadType
		})
	}
	for _, format := range offered.Redundancy() {
		repeated := strings.Split(format.Parameters, "/")
		if format.ClockRate == agreed[0].ClockRate && !slices.ContainsFunc(repeated, func(payloadType string) bool {
			return !known(payloadType)
		}) {
			return []sdp.Format{{Format: format}}
		}
	}
	return nil
}
