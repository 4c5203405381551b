package transcode

import (
	"strings"

	"sipbridge/transcode/amr"
)

// The codecs whose parameters say how packets look, so that each leg has its own.
const (
	amrNarrow = "AMR"
	amrWide   = "AMR-WB"
	g729Name  = "G729"
	ilbcName  = "iLBC"
)

// amrFormat reads how a party packs AMR; false for what is not spoken here, and other codecs.
func amrFormat(format Format) (amr.Format, bool) {
	switch {
	case strings.EqualFold(format.Name, amrNarrow):
		return amr.ParseFormat(amr.Narrow, format.Parameters)
	case strings.EqualFold(format.Name, amrWide):
		return amr.ParseFormat(amr.Wide, format.Parameters)
	default:
		return amr.Format{}, false
	}
}

// isAMR tells whether a format is AMR of either band.
func isAMR(format Format) bool {
	return strings.EqualFold(format.Name, amrNarrow) || strings.EqualFold(format.Name, amrWide)
}

// Usable tells whether packets of a format can be decoded and made: the codec is there, and its parameters ask for
// nothing that is not.
func Usable(format Format) bool {
	if _, ok := amrFormat(format); isAMR(format) && !ok {
		return false
	}
	return Transcodable(format.Codec)
}

// AnswerParameters gives the value of the fmtp line that answers a format, for codecs of which it depends on what that
// party offers alone: AMR packs as is offered (RFC 4867 section 8.3.1), G.729 sends silence as sound, iLBC has the
// length of frames that is offered (RFC 3952 section 4.3). It reports false for others.
func AnswerParameters(format Format) (parameters string, ok bool) {
	if strings.EqualFold(format.Name, g729Name) {
		return "annexb=no", true
	}
	if strings.EqualFold(format.Name, ilbcName) {
		if parameter(format.Parameters, "mode") == "20" {
			return "mode=20", true
		}
		return "mode=30", true
	}
	if _, ok := amrFormat(format); !ok {
		return "", false
	}
	var kept []string
	for _, name := range []string{"octet-align", "mode-set", "mode-change-period", "mode-change-neighbor"} {
		if value := parameter(format.Parameters, name); value != "" {
			kept = append(kept, name+"="+value)
		}
	}
	return strings.Join(kept, "; "), true
}

// samePacking tells whether packets of one party can be sent to another one as they are: what AMR looks like, and in
// which modes, must be agreed with both.
func samePacking(a, b Format) bool {
	mine, ok := amrFormat(a)
	theirs, theirsOK := amrFormat(b)
	return ok == theirsOK && mine == theirs
}
