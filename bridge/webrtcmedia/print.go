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
	// id and cname name the session and our sources; both are random.
	id    uint64
	cname string
	// lite tells that we are an ICE-lite agent.
	lite bool
	// fingerprint is that of our certificate.
	fingerprint sdp.Fingerprint
	// ssrcs are the sources of our streams, by kind, repairs those in which their packets are sent again.
	ssrcs, repairs [kinds]uint32

	version uint64
	last    []byte // the text with this version
}

// print gives the text of a description. It is the last one, to the byte, if nothing has changed; otherwise its
// version rises by one (RFC 3264 section 8).
func (w *author) print(l layout, side ourSide, a agreements) ([]byte, error) {
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

func (w *author) describe(l layout, side ourSide, agreed agreements) *sdp.Session {
	first := side.local.candidates[0].address
	session := &sdp.Session{
		Origin:  sdp.Origin{SessionID: w.id, Version: w.version, Address: first.Addr().String()},
		Address: first.Addr().String(),
		ICELite: w.lite,
		Media:   slices.Clone(l.sections),
	}
	for _, kind := range transcode.Kinds() {
		at := l.places[kind]
		if !at.used {
			continue
		}
		if l.bundled && kind == l.lead {
			session.Bundle = slices.Insert(session.Bundle, 0, at.mid)
		} else if l.bundled {
			session.Bundle = append(session.Bundle, at.mid)
		}
		session.Media[at.index] = w.section(kind, at, side, agreed[kind])
	}
	leading := &session.Media[l.places[l.lead].index]
	leading.Candidates, leading.EndOfCandidates = lines(side.local.candidates), true
	return session
}

// section describes one kind. All share one connection; only the leading section names its candidates, since of a
// BUNDLE group only those of the first section count (RFC 9143 section 7.2).
func (w *author) section(kind transcode.Kind, at place, side ourSide, a agreement) sdp.Media {
	section := sdp.Media{
		Type: kind.String(), Port: side.local.candidates[0].address.Port(), Protocol: at.protocol,
		Formats:   plainFormats(a.all()),
		Direction: a.direction, PacketTime: a.packetTime,
		MID: at.mid, MSID: w.cname + " " + kind.String(), RTCPMux: true,
		ICEUfrag: side.local.ufrag, ICEPwd: side.local.pwd,
		Fingerprints: []sdp.Fingerprint{w.fingerprint}, Setup: side.setup,
		SSRCs: []sdp.SSRC{{ID: w.ssrcs[kind], CName: w.cname}},
	}
	if len(a.repairs) > 0 {
		again := w.repairs[kind]
		section.SSRCGroups = []string{fmt.Sprintf("FID %d %d", w.ssrcs[kind], again)}
		section.SSRCs = append(section.SSRCs, sdp.SSRC{ID: again, CName: w.cname})
	}
	section.Bitrate, section.Extensions, section.RTCPReducedSize = a.bitrate, a.extensions(), a.reduced
	section.XR = a.extended
	for i := range a.formats {
		section.Formats[i].Feedback = a.feedback
	}
	return section
}

func plainFormats(formats []transcode.Format) []sdp.Format {
	plain := make([]sdp.Format, 0, len(formats))
	for _, format := range formats {
		plain = append(plain, sdp.Format{Format: format})
	}
	return plain
}
