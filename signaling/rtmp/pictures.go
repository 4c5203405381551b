package rtmp

import (
	"encoding/base64"
	"encoding/hex"
	"slices"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/transcode"
	"sipbridge/transcode/h264"
	"sipbridge/transcode/h264/payload"
)

// avc is H.264 as clients send and take it: cut as it has to be, and for phones that know no better in single units.
// Clients say nothing of its profile before their first picture; the one named here is that which every party knows,
// and decoders of today take the others, too.
func avc() []transcode.Format {
	codec := transcode.Codec{Name: "H264", ClockRate: videoClock}
	return []transcode.Format{
		{Codec: codec, PayloadType: 99, Parameters: commonProfile + ";packetization-mode=1;level-asymmetry-allowed=1"},
		{Codec: codec, PayloadType: 100, Parameters: commonProfile},
	}
}

// telling gives a format of H.264 with parameter sets, as spropSets gives them; others stay as they are.
func telling(format transcode.Format, sets string) transcode.Format {
	if sets != "" && format.Equal(avc()[0].Codec) {
		format.Parameters += ";sprop-parameter-sets=" + sets
	}
	return format
}

// commonProfile is Constrained Baseline, level 3.1.
const commonProfile = "profile-level-id=42e01f"

// maxSets is the longest list of parameter sets in a description, in bytes: those of encoders have about fifty, and a
// description has to fit into a datagram. Longer ones come with the pictures alone.
const maxSets = 1024

// spropSets writes the parameter sets for a description (RFC 6184 section 8.1, sprop-parameter-sets); nothing for those
// of another profile than the description names, or for too many.
func spropSets(configuration flv.Configuration) string {
	named, _ := h264.ParseParameters(commonProfile)
	for _, set := range configuration.Sequence {
		const profile = 3 // octets behind the header
		if len(set) <= profile {
			return ""
		}
		said, ok := h264.ParseParameters("profile-level-id=" + hex.EncodeToString(set[1:1+profile]))
		if !ok || !said.Fits(named) {
			return ""
		}
	}
	sets, size := slices.Concat(configuration.Sequence, configuration.Picture), 0
	for _, set := range sets {
		size += base64.StdEncoding.EncodedLen(len(set)) + 1
	}
	if size > maxSets {
		return ""
	}
	return payload.FormatSets(sets)
}

// isSingle tells whether a format of H.264 takes single units alone (RFC 6184 section 6.2).
func isSingle(format transcode.Format) bool {
	parameters, ok := h264.ParseParameters(format.Parameters)
	return ok && parameters.Mode == 0
}

// messages is the format in which siprtmp and we pass whole messages on, from one Flash client to another: sound, too.
func messages() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "x-flv", ClockRate: 90000}, PayloadType: 97}
}

// choosePictures gives the answer to a section of video: H.264 or whole messages, as far as the client takes them, with
// the parameter sets that are known. H.264 in single units comes last.
func (w wish) choosePictures(section bridge.MediaDescription, sets string) (transcode.Format, bool) {
	if section.Kind != transcode.Video {
		return transcode.Format{}, false
	}
	chosen, found := transcode.Format{}, false
	for _, offered := range section.Formats {
		for _, wanted := range w.pictures {
			if offered.Fits(wanted) && (!found || isSingle(chosen) && !isSingle(offered)) {
				chosen, found = offered.Answering(telling(wanted, sets)), true
			}
		}
	}
	return chosen, found
}

// withPictures adds a section of video to a description, if there is a format for it.
func withPictures(description bridge.Description, formats ...transcode.Format) bridge.Description {
	if len(formats) > 0 {
		description.Media = append(description.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: formats})
	}
	return description
}
