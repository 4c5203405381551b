package rtmp

import (
	"sipbridge/bridge"
	"sipbridge/transcode"
)

// avc is H.264 as clients send and take it. They say nothing of its profile before their first picture; the one named
// here is that which every party knows, and decoders of today take the others, too.
func avc() transcode.Format {
	return transcode.Format{
		Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: 99,
		Parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
	}
}

// choosePictures gives the answer to a section of video: H.264 that may be cut as we cut it, if the client takes any.
func (w wish) choosePictures(section bridge.MediaDescription) (transcode.Format, bool) {
	if !w.pictures || section.Kind != transcode.Video {
		return transcode.Format{}, false
	}
	for _, offered := range section.Formats {
		if offered.Fits(avc()) {
			return offered.Answering(avc()), true
		}
	}
	return transcode.Format{}, false
}

// withPictures adds a section of video to a description, if there is a format for it.
func withPictures(description bridge.Description, formats ...transcode.Format) bridge.Description {
	if len(formats) > 0 {
		description.Media = append(description.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: formats})
	}
	return description
}
