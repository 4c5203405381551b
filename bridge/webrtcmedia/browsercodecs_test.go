package webrtcmedia

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

func isVideo(format transcode.Format) bool { return format.ClockRate == 90000 }

func register(t *testing.T, engine *webrtc.MediaEngine, format transcode.Format) {
	t.Helper()
	kind := webrtc.RTPCodecTypeAudio
	codec := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			ClockRate: format.ClockRate, Channels: uint16(format.Channels), SDPFmtpLine: format.Parameters,
		},
		PayloadType: webrtc.PayloadType(format.PayloadType),
	}
	if isVideo(format) {
		kind = webrtc.RTPCodecTypeVideo
		if _, again := sdp.Repairs(format); !again {
			for _, feedback := range pictureFeedback() {
				kind, parameter, _ := strings.Cut(feedback, " ")
				codec.RTCPFeedback = append(codec.RTCPFeedback, webrtc.RTCPFeedback{Type: kind, Parameter: parameter})
			}
			for _, uri := range []string{arrivalURI, transcode.OrientationURI} {
				extension := webrtc.RTPHeaderExtensionCapability{URI: uri}
				must(t, engine.RegisterHeaderExtension(extension, webrtc.RTPCodecTypeVideo))
			}
		}
	}
	codec.MimeType = kind.String() + "/" + format.Name
	must(t, engine.RegisterCodec(codec, kind))
}
