package webrtcmedia

import (
	"errors"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// browserTrack is a browser's stream as pion sees it. Unlike pion's own tracks it does not bind itself to one payload
// type: audio of several codecs and telephone-event share the one SSRC.
type browserTrack struct {
	kind  webrtc.RTPCodecType
	bound atomic.Pointer[binding]
}

type binding struct {
	ssrc   uint32
	writer webrtc.TrackLocalWriter
}

// Bind is called by pion when the stream may be sent. The codec that it wants to hear of serves
// only its statistics.
func (t *browserTrack) Bind(context webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codecs := context.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, errors.New("no codec in common")
	}
	t.bound.Store(&binding{ssrc: uint32(context.SSRC()), writer: context.WriteStream()})
	return codecs[0], nil
}

// Unbind is called by pion when the stream is over.
func (t *browserTrack) Unbind(webrtc.TrackLocalContext) error {
	t.bound.Store(nil)
	return nil
}

// write sends a packet under the SSRC that pion gave the stream.
func (t *browserTrack) write(header *rtp.Header, payload []byte) error {
	bound := t.bound.Load()
	if bound == nil {
		return nil
	}
	header.SSRC = bound.ssrc
	_, err := bound.writer.WriteRTP(header, payload)
	return err //nolint:wrapcheck // media path
}

// ID is the name of the track.
func (t *browserTrack) ID() string { return t.kind.String() }

// RID is empty: no simulcast.
func (t *browserTrack) RID() string { return "" }

// StreamID is like ID.
func (t *browserTrack) StreamID() string { return "sipbridge" }

// Kind is audio or video.
func (t *browserTrack) Kind() webrtc.RTPCodecType { return t.kind }
