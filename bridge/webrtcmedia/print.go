package webrtcmedia

import (
	"bytes"
	"fmt"
	"slices"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// ourSide is what a description of ours says of the connection.
type ourSide struct {
	local local
	setup string // "actpass" in offers
}

// author prints our descriptions of a session. It is used by one goroutine.
type author struct {
	// id and cname name the session and our source; both are random.
	id    uint64
	cname string
	// lite tells that we are an ICE-lite agent.
	lite bool
	// fingerprint is that of our certificate.
	fingerprint sdp.Fingerprint
	// ssrc is the source of our stream.
	ssrc uint32

	version uint64
	last    []byte // the text with this version
}

// print gives the text of a description. It is the last one, to the byte, if nothing has changed; otherwise its
// version rises by one (RFC 3264 section 8).
func (w *author) print(l layout, side ourSide, a agreement) ([]byte, error) {
	if w.last != nil {
		text, err := w.describe(l, side, a).Marshal()
		if err != nil {
			return nil, fmt.Errorf("own description: %w", err)
		}
		if bytes.Equal(text, w.last) {
			return bytes.Clone(text), nil
		}
	}
	w.version++
	text, err := w.describe(l, side, a).Marshal()
	if err != nil {
		return nil, fmt.Errorf("own description: %w", err)
	}
	w.last = text
	return bytes.Clone(text), nil
}

func (w *author) describe(l layout, side ourSide, a agreement) *sdp.Session {
	first := side.local.candidates[0].address
	session := &sdp.Session{
		Origin:  sdp.Origin{SessionID: w.id, Version: w.version, Address: first.Addr().String()},
		Address: first.Addr().String(),
		ICELite: w.lite,
		Media:   slices.Clone(l.sections),
	}
	if l.bundled {
		session.Bundle = []string{l.mid}
	}
	session.Media[l.index] = sdp.Media{
		Type: "audio", Port: first.Port(), Protocol: l.protocol,
		Formats:   plainFormats(a.all()),
		Direction: a.direction, PacketTime: a.packetTime,
		MID: l.mid, MSID: w.cname + " audio", RTCPMux: true,
		ICEUfrag: side.local.ufrag, ICEPwd: side.local.pwd,
		Candidates: lines(side.local.candidates), EndOfCandidates: true,
		Fingerprints: []sdp.Fingerprint{w.fingerprint}, Setup: side.setup,
		SSRCs: []sdp.SSRC{{ID: w.ssrc, CName: w.cname}},
	}
	return session
}

func plainFormats(formats []transcode.Format) []sdp.Format {
	plain := make([]sdp.Format, 0, len(formats))
	for _, format := range formats {
		plain = append(plain, sdp.Format{Format: format})
	}
	return plain
}
