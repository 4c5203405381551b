package webrtcmedia

import (
	"slices"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// pionMID is the identification of the one section that pion knows of. It is also the one that pion
// gives the first section of its own offers.
const pionMID = "0"

// pionText prints what pion gets to know of the browser's description: one audio section, sendrecv, with the
// codecs that both know under the browser's payload types. setup is the browser's DTLS role. pion is
// picky: it needs a MID, a BUNDLE group, a direction in the section, the setup in the section, one fingerprint,
// and Opus parameters that equal ours; a=ssrc lines would make it deaf to any other source.
func (r *remote) pionText(setup string) (string, error) {
	audio := r.audio()
	session := &sdp.Session{
		Origin:  sdp.Origin{SessionID: 1, Version: 1, Address: "0.0.0.0"},
		Address: "0.0.0.0",
		ICELite: r.session.ICELite,
		Bundle:  []string{pionMID},
		Media: []sdp.Media{{
			Type: "audio", Port: 9, Protocol: browserProtocol,
			Formats:   plainFormats(r.payloads()),
			Direction: bridge.SendRecv, MID: pionMID, RTCPMux: true,
			ICEUfrag: audio.ICEUfrag, ICEPwd: audio.ICEPwd,
			Candidates:      lines(parseCandidates(audio.Candidates)),
			EndOfCandidates: true,
			Fingerprints:    []sdp.Fingerprint{r.fingerprint},
			Setup:           setup,
		}},
	}
	text, err := session.Marshal()
	if err != nil {
		return "", badRequest(err)
	}
	return string(text), nil
}

// payloads are all formats that pion is told of, by payload type: their order in the browser's text
// changes from offer to offer.
func (r *remote) payloads() []transcode.Format {
	formats := append(r.formats(), r.events()...)
	slices.SortFunc(formats, func(a, b transcode.Format) int { return int(a.PayloadType) - int(b.PayloadType) })
	return formats
}

func plainFormats(formats []transcode.Format) []sdp.Format {
	plain := make([]sdp.Format, 0, len(formats))
	for _, format := range formats {
		plain = append(plain, sdp.Format{Format: format})
	}
	return plain
}
