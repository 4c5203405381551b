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

// messages is the format in which siprtmp and we pass whole messages on, from one Flash client to another: sound, too.
func messages() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "x-flv", ClockRate: 90000}, PayloadType: 97}
}

// choosePictures gives the answer to a section of video: H.264 that may be cut as we cut it, or whole messages, as
// far as the client takes them.
func (w wish) choosePictures(section bridge.MediaDescription) (transcode.Format, bool) {
	if section.Kind != transcode.Video {
		return transcode.Format{}, false
	}
	for _, offered := range section.Formats {
		for _, wanted := range w.pictures {
			if offered.Fits(wanted) {
				return offered.Answering(wanted), true
			}
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
