package sound

import (
	"strconv"
	"strings"
)

// Quality is how a browser encodes Opus.
type Quality struct {
	// Rate of the sound, in Hz: 8000, 12000, 16000, 24000 or 48000.
	Rate int
	// Bitrate in bit/s.
	Bitrate int
}

// What browsers send for one voice, if not asked for anything else, and if asked for narrow band.
const (
	fullRate, fullBitrate     = 48000, 32000
	narrowRate, narrowBitrate = 8000, 12000
)

// FullBand is what a browser sends if it is not asked for anything else.
func FullBand() Quality { return Quality{Rate: fullRate, Bitrate: fullBitrate} }

// QualityFor is what a browser sends to a party with this SDP: maxplaybackrate asks for less than 48 kHz, and
// maxaveragebitrate for a bit rate (RFC 7587 section 6.1). Of the rates only narrow band is told apart.
func QualityFor(sdp string) Quality {
	quality := FullBand()
	if rate := parameter(sdp, "maxplaybackrate"); rate > 0 && rate <= narrowRate {
		quality = Quality{Rate: narrowRate, Bitrate: narrowBitrate}
	}
	const least, most = 6000, 510000
	if bitrate := parameter(sdp, "maxaveragebitrate"); bitrate > 0 {
		quality.Bitrate = min(max(bitrate, least), most)
	}
	return quality
}

// parameter gives a number from the first a=fmtp line that has it, or 0.
func parameter(sdp, name string) int {
	for line := range strings.Lines(sdp) {
		parameters, ok := strings.CutPrefix(line, "a=fmtp:")
		if !ok {
			continue
		}
		_, parameters, _ = strings.Cut(parameters, " ")
		for field := range strings.SplitSeq(parameters, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
			if n, err := strconv.Atoi(value); err == nil && strings.EqualFold(key, name) {
				return n
			}
		}
	}
	return 0
}
