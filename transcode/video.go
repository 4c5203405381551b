package transcode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sipbridge/transcode/h264"
)

// videoClock is the timestamp rate of all video formats, in Hz.
const videoClock = 90000

// Passable tells whether pictures of a codec can cross: VP8 (RFC 7741), VP9 (RFC 9628), AV1, H.264 (RFC 6184), and what
// Flash clients send each other (x-flv, of siprtmp). They cross as they are; nothing is decoded.
func Passable(codec Codec) bool { return codec.ClockRate == videoClock && videoCodec(codec) != 0 }

type videoKind uint8

const (
	vp8 videoKind = iota + 1
	vp9
	av1
	avc
	flash
)

func videoCodec(codec Codec) videoKind {
	switch strings.ToUpper(codec.Name) {
	case "VP8":
		return vp8
	case "VP9":
		return vp9
	case "AV1":
		return av1
	case "H264":
		return avc
	case "X-FLV":
		return flash
	default:
		return 0
	}
}

// Fits tells whether packets of one format can be sent as the other one: the codec is the same, and so are the
// parameters that the sender cannot choose (profiles; the packetization mode of H.264; how AMR is packed).
func (f Format) Fits(other Format) bool {
	if !f.Equal(other.Codec) {
		return false
	}
	switch videoCodec(f.Codec) {
	case vp9:
		return profile(f, "profile-id") == profile(other, "profile-id")
	case av1:
		return profile(f, "profile") == profile(other, "profile")
	case avc:
		mine, ok := h264.ParseParameters(f.Parameters)
		theirs, theirsOK := h264.ParseParameters(other.Parameters)
		return ok && theirsOK && mine.Fits(theirs)
	default:
		return samePacking(f, other)
	}
}

// Repackable tells whether packets of both formats are alike but for how they are packed: of H.264 with one profile, in
// two packetization modes (RFC 6184 section 6).
func (f Format) Repackable(other Format) bool {
	mine, ok := h264.ParseParameters(f.Parameters)
	theirs, theirsOK := h264.ParseParameters(other.Parameters)
	return f.Equal(other.Codec) && videoCodec(f.Codec) == avc && ok && theirsOK && mine.Repackable(theirs)
}

// Passes tells whether packets of one format can be sent as the other one without being decoded, packed anew if need
// be.
func (f Format) Passes(other Format) bool { return f.Fits(other) || f.Repackable(other) }

// profile gives a profile number; 0 is what a missing one means (RFC 9628 section 7.1, AV1 RTP section 7.2.1).
func profile(format Format, name string) int {
	number, err := strconv.ParseUint(parameter(format.Parameters, name), 10, 8)
	if err != nil {
		return 0
	}
	return int(number)
}

// Crossing gives a format of pictures with no other parameters than those that may be told to another party, and
// reports false for one that cannot cross.
func (f Format) Crossing() (Format, bool) {
	if !Passable(f.Codec) {
		return f, false
	}
	kind := videoCodec(f.Codec)
	if kind == avc {
		parameters, ok := h264.ParseParameters(f.Parameters)
		f.Parameters = parameters.String()
		return f, ok && parameters.Fits(parameters) // an unknown profile does not
	}
	var kept []string
	for _, told := range told(kind) {
		value, err := strconv.Atoi(parameter(f.Parameters, told.name))
		if err == nil && value >= 0 && value != told.usual {
			kept = append(kept, fmt.Sprintf("%s=%d", told.name, value))
		}
	}
	f.Parameters = strings.Join(kept, ";")
	return f, true
}

// number is a parameter that may be told to another party; usual is what it means where it is missing, -1 for nothing.
type number struct {
	name  string
	usual int
}

// told are the parameters of a codec other than H.264 (RFC 7741 section 6.1, RFC 9628 section 7.1, AV1 RTP section
// 7.1).
func told(kind videoKind) []number {
	switch kind {
	case vp8:
		return []number{{"max-fr", -1}, {"max-fs", -1}}
	case vp9:
		return []number{{"profile-id", 0}, {"max-fr", -1}, {"max-fs", -1}}
	default:
		return []number{{"profile", 0}, {"level-idx", 5}, {"tier", 0}}
	}
}

// Crossing gives those of the formats that can cross, each as it may be told to another party.
func Crossing(formats []Format) []Format {
	var crossing []Format
	for _, format := range formats {
		if told, ok := format.Crossing(); ok {
			crossing = append(crossing, told)
		}
	}
	return crossing
}

// Offered gives few enough of a party's formats that an offer of them fits into a datagram: of each codec the first one
// that everybody can have, which for H.264 is Constrained Baseline, in each packetization mode; and of H.264 a better
// profile, too, the best one that phones have.
func Offered(formats []Format) []Format {
	var offered []Format
	for _, format := range Crossing(formats) {
		if videoCodec(format.Codec) == avc && !decodable(format) {
			continue // for studios
		}
		if i := slices.IndexFunc(offered, format.rivals); i < 0 {
			offered = append(offered, format)
		} else if format.merit() > offered[i].merit() {
			offered[i] = format
		}
	}
	return offered
}

// Repacked are the formats that are offered beside those of a party for others who take its H.264, of the profile that
// everybody has if it has that, in the other packetization mode alone. Their payload types are suggestions.
func Repacked(formats []Format) []Format {
	isAVC := func(f Format) bool { return videoCodec(f.Codec) == avc }
	first := slices.IndexFunc(formats, func(f Format) bool { return isAVC(f) && f.Common() })
	if first < 0 {
		first = slices.IndexFunc(formats, isAVC)
	}
	if first < 0 || slices.ContainsFunc(formats, formats[first].Repackable) {
		return nil
	}
	format := formats[first]
	parameters, _ := h264.ParseParameters(format.Parameters)
	format.Parameters = parameters.Repacked().String()
	return []Format{format}
}

// rivals tells whether only one of two formats is offered.
func (f Format) rivals(other Format) bool {
	if !f.Equal(other.Codec) || videoCodec(f.Codec) != avc {
		return f.Equal(other.Codec)
	}
	mine, _ := h264.ParseParameters(f.Parameters)
	theirs, _ := h264.ParseParameters(other.Parameters)
	return mine.Common() == theirs.Common() && (!mine.Common() || mine.Mode == theirs.Mode)
}

// merit orders rivals: the highest one is offered, of several the first. Of H.264 that is Constrained Baseline before
// Baseline, which strict parties tell apart and only few say they have; and High before Main, with fragments before
// single units.
func (f Format) merit() int {
	if videoCodec(f.Codec) != avc {
		if f.Common() {
			return 1
		}
		return 0
	}
	parameters, _ := h264.ParseParameters(f.Parameters)
	merits := map[h264.Profile]int{h264.ConstrainedBaseline: 2, h264.Main: 2, h264.High: 4, h264.ConstrainedHigh: 4}
	return merits[parameters.ID.Profile()] + parameters.Mode
}

// Common tells whether a format is the one of its codec that everybody can have.
func (f Format) Common() bool {
	switch videoCodec(f.Codec) {
	case vp9:
		return profile(f, "profile-id") == 0
	case av1:
		return profile(f, "profile") == 0
	case avc:
		parameters, _ := h264.ParseParameters(f.Parameters)
		return parameters.Common()
	default:
		return true
	}
}

// Constrained gives a format as it is offered to a browser: of H.264 with the profile as browsers spell it.
func (f Format) Constrained() Format {
	if parameters, ok := h264.ParseParameters(f.Parameters); ok && videoCodec(f.Codec) == avc {
		f.Parameters = parameters.Constrained().String()
	}
	return f
}

// Brief gives a format as it is offered to a phone, in a datagram: of H.264 without the word that allows each direction
// a level of its own, which costs more than it gains there.
func (f Format) Brief() Format {
	if parameters, ok := h264.ParseParameters(f.Parameters); ok && parameters.Asymmetric {
		parameters.Asymmetric = false
		f.Parameters = parameters.String()
	}
	return f
}

// Answering gives a party's format of pictures with what is answered to it, when far is the other party's that fits.
func (f Format) Answering(far Format) Format {
	if videoCodec(f.Codec) != avc {
		f.Parameters = far.Parameters
		return f
	}
	offered, _ := h264.ParseParameters(f.Parameters)
	theirs, _ := h264.ParseParameters(far.Parameters)
	f.Parameters = offered.Answer(theirs).String()
	return f
}
