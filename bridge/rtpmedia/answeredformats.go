package rtpmedia

import (
	"fmt"
	"strings"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// pairsOf finds the formats of an answer in our offer. One without rtpmap stands for what the offer called so.
func pairsOf(party sdp.Media, ours *sdp.Media) []pair {
	var pairs []pair
	for _, format := range party.Formats {
		if offered, ok := offeredAs(format.Format, ours); ok {
			format.Parameters = parametersOf(format.Format, offered)
			pairs = append(pairs, pair{theirs: format.Format, ours: offered.PayloadType})
		}
	}
	for _, offered := range ours.Formats {
		if unnamed(party, offered.PayloadType) {
			pairs = append(pairs, pair{theirs: offered.Format, ours: offered.PayloadType})
		}
	}
	return pairs
}

// offeredAs finds the format of our offer for which one of the answer stands: the one with its number if that may be,
// or else the one that fits. A phone that leaves out the packetization-mode of a number, where we offered both modes,
// means that number.
func offeredAs(answered transcode.Format, ours *sdp.Media) (transcode.Format, bool) {
	silent := !strings.Contains(strings.ToLower(answered.Parameters), "packetization-mode")
	for _, stands := range [3]func(offered transcode.Format) bool{
		func(offered transcode.Format) bool {
			return sloppy(answered, offered) && (silent || offered.Fits(answered))
		},
		func(offered transcode.Format) bool { return offered.Fits(answered) },
		func(offered transcode.Format) bool { return sloppy(answered, offered) },
	} {
		for _, offered := range ours.Formats {
			if stands(offered.Format) {
				return offered.Format, true
			}
		}
	}
	return transcode.Format{}, false
}

// sloppy tells whether a format of an answer stands for one of ours, whose number it has, though its parameters do
// not fit: phones leave out a packetization-mode or another profile than theirs.
func sloppy(answered, offered transcode.Format) bool {
	return answered.PayloadType == offered.PayloadType && answered.Equal(offered.Codec)
}

// parametersOf gives the parameters of a format of an answer. Where they do not fit, ours are what counts.
func parametersOf(answered, offered transcode.Format) string {
	if answered.Fits(offered) {
		return answered.Parameters
	}
	return offered.Parameters
}

// unnamed tells whether a payload type stands in the m= line, but nowhere what it is.
func unnamed(party sdp.Media, payloadType uint8) bool {
	for _, format := range party.Formats {
		if format.PayloadType == payloadType {
			return false
		}
	}
	for _, word := range party.Words {
		if word == fmt.Sprint(payloadType) {
			return true
		}
	}
	return false
}
