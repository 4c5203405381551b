package webrtcmedia

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/dtlssrtp"
)

// maxStreams is how many sources (SSRC) a browser may use between two negotiations for each kind of media, and for
// reports. It needs one for each kind, and another where it changes its SSRC; each costs memory.
const maxStreams = 8

// stream is one of the streams that a browser sends, each with a source of its own.
type stream uint8

// The streams; streamNone is of what was not agreed.
const (
	streamNone stream = iota
	streamAudio
	streamVideo
	streamAgain // packets of video that are sent again
	streamCount
)

// streams is what a connection hears. Only the newest source of each kind of media is heard.
type streams struct {
	closed  bool
	packet  rtp.Packet            // the one that is read
	sources [streamCount][]uint32 // of media, newest last
	senders []uint32              // of reports
}

// receive takes a packet of media or reports from the browser; see mux.Media.
func (p *peer) receive(datagram []byte, now time.Time) {
	session := p.session.Load()
	if session == nil {
		return // DTLS is not up, so the browser cannot have sent it
	}
	p.receiving.Lock()
	defer p.receiving.Unlock()
	if p.heard.closed {
		return
	}
	if isRTCP(datagram) {
		p.receiveReports(session, datagram, now)
		return
	}
	packet := &p.heard.packet
	if session.OpenRTP(datagram, packet) != nil {
		p.cannotDecrypt()
		return
	}
	sources := &p.heard.sources[p.options.Stream(packet.PayloadType)]
	if p.admit(sources, packet.SSRC) && packet.SSRC == (*sources)[len(*sources)-1] {
		p.options.Packet(packet, now)
	}
}

func (p *peer) cannotDecrypt() {
	p.engine.counts.undecryptable.Add(1)
	p.options.Undecryptable()
}

// isRTCP tells RTCP from RTP (RFC 5761 section 4).
func isRTCP(datagram []byte) bool {
	return len(datagram) > 1 && datagram[1] >= 192 && datagram[1] <= 223
}

func (p *peer) receiveReports(session *dtlssrtp.Session, datagram []byte, now time.Time) {
	compound, err := session.OpenRTCP(datagram)
	if err != nil || len(compound) < 8 {
		p.cannotDecrypt()
		return
	}
	if !p.admit(&p.heard.senders, binary.BigEndian.Uint32(compound[4:])) {
		return
	}
	if packets, err := rtcp.Unmarshal(compound); err == nil {
		p.options.Reports(packets, now)
	}
}

// admit tells whether a source may be one of the connection's. A browser with too many is given up: the session finds
// the connection closed and tells its leg. The caller holds receiving.
func (p *peer) admit(known *[]uint32, ssrc uint32) bool {
	if slices.Contains(*known, ssrc) {
		return true
	}
	if len(*known) == maxStreams {
		p.heard.closed = true
		p.engine.counts.floods.Add(1)
		p.ended.Store(true)
		p.options.Changed()
		return false
	}
	*known = append(*known, ssrc)
	return true
}

// allowStreams begins a new count: a negotiation may change the browser's SSRC.
func (p *peer) allowStreams() {
	p.receiving.Lock()
	defer p.receiving.Unlock()
	for kind := range p.heard.sources {
		p.heard.sources[kind] = latest(p.heard.sources[kind])
	}
	p.heard.senders = latest(p.heard.senders)
}

func latest(list []uint32) []uint32 { return list[max(len(list)-1, 0):] }

// deafen hands no packet over any more.
func (p *peer) deafen() {
	p.receiving.Lock()
	defer p.receiving.Unlock()
	p.heard.closed = true
}
