package webrtcmedia

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// Why a browser's description is refused. Each reaches the caller wrapped in a bridge.Cause.
var (
	// ErrNoMedia means no section that is switched on and has a codec of ours.
	ErrNoMedia = errors.New("webrtcmedia: no usable media section")
	// ErrNotEncrypted means media without DTLS-SRTP, or no fingerprint we can check.
	ErrNotEncrypted = errors.New("webrtcmedia: no DTLS-SRTP with a usable fingerprint")
	// ErrNoMux means RTCP on a port of its own.
	ErrNoMux = errors.New("webrtcmedia: no rtcp-mux")
	// ErrCredentials means missing or ill-formed ICE credentials.
	ErrCredentials = errors.New("webrtcmedia: bad ICE credentials")
	// ErrSetup means a DTLS role that does not fit.
	ErrSetup = errors.New("webrtcmedia: unusable DTLS role")
	// ErrMismatch means an answer that does not fit its offer.
	ErrMismatch = errors.New("webrtcmedia: answer does not fit the offer")
	// ErrOrder means a method called out of turn.
	ErrOrder = errors.New("webrtcmedia: no offer to answer")
	// ErrClosed means a closed session.
	ErrClosed = errors.New("webrtcmedia: session is closed")
)

// notAcceptable is 488; the media are understood and cannot be had.
func notAcceptable(err error) error {
	return bridge.Cause{Status: 488, Text: "Not Acceptable Here", Err: err}
}

// badRequest is 400; the text breaks the rules.
func badRequest(err error) error {
	return bridge.Cause{Status: 400, Text: "Bad Session Description", Err: err}
}

// failed is 500: our own side could not do it.
func failed(what string, err error) error {
	return bridge.Cause{Status: 500, Text: "Media Failure", Err: fmt.Errorf("%s: %w", what, err)}
}

// DTLS roles (RFC 4145 section 4, RFC 8842).
const (
	setupActpass = "actpass"
	setupActive  = "active"
	setupPassive = "passive"
)

// remote is a browser's description, checked, with the one section of audio and the one of video that we use.
type remote struct {
	session *sdp.Session
	// places are where the section of each kind that is used stands among the m= lines; -1 for none. There is one of
	// some kind.
	places [kinds]int
	// lead is the kind whose section says how to connect: the first one in the BUNDLE group.
	lead transcode.Kind
	// fingerprint is the one that the browser's certificate is checked against.
	fingerprint sdp.Fingerprint
}

// kinds is the size of arrays by transcode.Kind.
const kinds = transcode.Video + 1

// leading gives the section that says how to connect.
func (r *remote) leading() *sdp.Media { return &r.session.Media[r.places[r.lead]] }

// using gives the offer as it is for an answer: if that refuses the section that said how to connect, the other one
// does.
func (r *remote) using(agreed agreements) (*remote, error) {
	if agreed[r.lead].used() {
		return r, nil
	}
	narrowed := *r
	narrowed.lead, _ = agreed.leading()
	return &narrowed, narrowed.checkTransport()
}

// inBundle gives the place of the section of a kind in the BUNDLE group, -1 for none.
func (r *remote) inBundle(kind transcode.Kind) int {
	return slices.Index(r.session.Bundle, r.section(kind).MID)
}

// has tells whether there is a section of a kind that can be used.
func (r *remote) has(kind transcode.Kind) bool { return r.places[kind] >= 0 }

// section gives the section of a kind; an empty one if there is none.
func (r *remote) section(kind transcode.Kind) sdp.Media {
	if !r.has(kind) {
		return sdp.Media{Direction: bridge.Inactive}
	}
	return r.session.Media[r.places[kind]]
}

// formats are the codecs of a kind that we know, in the browser's order.
func (r *remote) formats(kind transcode.Kind) []transcode.Format { return usedCodecs(r.section(kind)) }

// events are its telephone-event formats that we know.
func (r *remote) events() []transcode.Format {
	return known(r.section(transcode.Audio).TelephoneEvents(), eventCodecs())
}

// description is what crosses to the other leg. Sections that we do not use count as refused.
func (r *remote) description() bridge.Description {
	description := r.session.Description()
	for i := range description.Media {
		description.Media[i].Formats = nil
	}
	for _, kind := range transcode.Kinds() {
		if r.has(kind) {
			description.Media[r.places[kind]].Formats = r.formats(kind)
		}
	}
	return description
}

// readRemote parses and checks a description from the browser. Its errors are bridge.Cause with 400, 413 or 488.
func readRemote(text []byte) (*remote, error) {
	session, err := sdp.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("browser's description: %w", err)
	}
	r := &remote{session: session}
	r.places[transcode.Audio] = slices.IndexFunc(session.Media, func(media sdp.Media) bool {
		return usable(transcode.Audio, media)
	})
	r.places[transcode.Video] = slices.IndexFunc(session.Media, func(media sdp.Media) bool {
		return usable(transcode.Video, media) && (!r.has(transcode.Audio) || r.besideAudio(media))
	})
	switch audio, video := r.has(transcode.Audio), r.has(transcode.Video); {
	case !audio && !video:
		return nil, notAcceptable(ErrNoMedia)
	case video && (!audio || r.inBundle(transcode.Video) < r.inBundle(transcode.Audio)):
		r.lead = transcode.Video
	default:
		r.lead = transcode.Audio
	}
	if err := r.checkTransport(); err != nil {
		return nil, err
	}
	return r, nil
}

// usable tells whether a section is one of a kind that is switched on and has a codec of ours.
func usable(kind transcode.Kind, media sdp.Media) bool {
	return media.Kind() == kind && !media.Refused() && len(usedCodecs(media)) > 0
}

// besideAudio tells whether a section shares the connection of the audio section (RFC 9143): a second connection is not
// made.
func (r *remote) besideAudio(media sdp.Media) bool {
	return media.RTP() && r.bundled(media) && r.bundled(r.section(transcode.Audio))
}

// bundled tells whether a section is in the BUNDLE group.
func (r *remote) bundled(media sdp.Media) bool {
	return media.MID != "" && slices.Contains(r.session.Bundle, media.MID)
}

func (r *remote) checkTransport() error {
	leading := r.leading()
	fingerprint, ok := chooseFingerprint(leading.Fingerprints)
	switch {
	case !ok || !leading.RTP():
		return notAcceptable(ErrNotEncrypted)
	case !leading.RTCPMux:
		return notAcceptable(ErrNoMux)
	case !slices.Contains([]string{"", setupActpass, setupActive, setupPassive}, leading.Setup):
		return notAcceptable(ErrSetup)
	case !leading.ICE():
		return notAcceptable(ErrCredentials)
	case !iceWord(leading.ICEUfrag, 4), !iceWord(leading.ICEPwd, 22):
		return badRequest(ErrCredentials)
	}
	r.fingerprint = fingerprint
	return nil
}

// chooseFingerprint takes the first of the best hash. MD5 and SHA-1 are no proof (RFC 8122 section 5).
func chooseFingerprint(fingerprints []sdp.Fingerprint) (sdp.Fingerprint, bool) {
	for _, hash := range []string{"sha-256", "sha-384", "sha-512"} {
		for _, fingerprint := range fingerprints {
			if fingerprint.Hash == hash {
				return fingerprint, true
			}
		}
	}
	return sdp.Fingerprint{}, false
}

// iceWord checks ice-ufrag and ice-pwd: ice-chars, shortest to 256 of them (RFC 8839 section 5.4).
func iceWord(word string, shortest int) bool {
	return len(word) >= shortest && len(word) <= 256 && strings.Trim(word, iceChars) == ""
}

// iceChars are the characters of RFC 8839 section 5.1.
const iceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// payloads are all formats with a payload type of the browser's that we know.
func (r *remote) payloads() []transcode.Format {
	audio := r.section(transcode.Audio)
	return slices.Concat(r.formats(transcode.Audio), audio.Redundancy(), r.events(), r.formats(transcode.Video),
		r.section(transcode.Video).Retransmissions())
}

// generation names the browser's ICE session and certificate. A new one of the first means an ICE
// restart, a new one of the second another peer connection.
type generation struct {
	ufrag, pwd  string
	fingerprint sdp.Fingerprint
}

func (r *remote) generation() generation {
	leading := r.leading()
	return generation{ufrag: leading.ICEUfrag, pwd: leading.ICEPwd, fingerprint: r.fingerprint}
}
