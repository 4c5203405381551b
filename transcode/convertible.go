package transcode

import (
	"slices"
	"strconv"

	"sipbridge/transcode/h264"
	"sipbridge/transcode/picture"
)

// Converts tells whether pictures of one format can be made into those of the other one: VP8 and H.264, and H.264 of
// two profiles, if the program was built with both codecs.
func (f Format) Converts(other Format) bool {
	_, _, ok := conversion(f, other)
	return ok && picture.Available
}

func conversion(from, to Format) (source, target picture.Codec, ok bool) {
	switch {
	case videoCodec(from.Codec) == vp8 && videoCodec(to.Codec) == avc && decodable(to):
		return picture.VP8, picture.H264, true
	case videoCodec(from.Codec) == avc && videoCodec(to.Codec) == vp8 && decodable(from):
		return picture.H264, picture.VP8, true
	case videoCodec(from.Codec) == avc && videoCodec(to.Codec) == avc && decodable(from) && decodable(to):
		return picture.H264, picture.H264, !from.Passes(to)
	default:
		return 0, 0, false
	}
}

func decodable(format Format) bool {
	parameters, ok := h264.ParseParameters(format.Parameters)
	return ok && parameters.Fits(parameters) && parameters.ID.Profile() != h264.OtherHigh
}

// decodedAs tells whether who takes another format of H.264 can decode pictures of this one, because its profile has
// all that they have.
func (f Format) decodedAs(other Format) bool {
	mine, ok := h264.ParseParameters(f.Parameters)
	theirs, theirsOK := h264.ParseParameters(other.Parameters)
	return videoCodec(f.Codec) == avc && f.Equal(other.Codec) && ok && theirsOK && theirs.Decodes(mine)
}

// Converted gives a format that is answered, or offered, where its packets are made by us: with what it was said to be,
// but without what tells of another party's stream.
func (f Format) Converted() Format {
	f, _ = f.Crossing()
	if videoCodec(f.Codec) != avc {
		f.Parameters = ""
		return f
	}
	parameters, _ := h264.ParseParameters(f.Parameters)
	parameters.Sets = ""
	f.Parameters = parameters.String()
	return f
}

// Convertible are the formats that are offered beside those of a party: what its pictures can be made into. Their
// payload types are suggestions.
func Convertible(formats []Format) []Format {
	known := []Format{
		{
			Codec: Codec{Name: "H264", ClockRate: videoClock}, PayloadType: 102,
			Parameters: "profile-level-id=42e01f;packetization-mode=1",
		},
		{
			Codec: Codec{Name: "H264", ClockRate: videoClock}, PayloadType: 127, Parameters: "profile-level-id=42e01f",
		},
		{Codec: Codec{Name: "VP8", ClockRate: videoClock}, PayloadType: 96},
	}
	var added []Format
	for _, candidate := range known {
		has := func(format Format) bool { return format.Equal(candidate.Codec) && format.Common() }
		converts := func(format Format) bool { return format.Converts(candidate) }
		if slices.ContainsFunc(formats, converts) && !slices.ContainsFunc(formats, has) {
			added = append(added, candidate)
		}
	}
	return added
}

// macroblock is the number of pixels in which sizes of pictures are given.
const macroblock = 16 * 16

// pixelsOf is the largest picture that a receiver of a format takes; 0 if it does not say.
func pixelsOf(format Format) int {
	if videoCodec(format.Codec) == avc {
		parameters, _ := h264.ParseParameters(format.Parameters)
		return parameters.MaxFrameSize() * macroblock
	}
	most, err := strconv.ParseUint(parameter(format.Parameters, "max-fs"), 10, 16)
	if err != nil {
		return 0
	}
	return int(most) * macroblock
}
