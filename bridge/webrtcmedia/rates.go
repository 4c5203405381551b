package webrtcmedia

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// How browsers call feedback on the bit rate, and the header extension that one kind needs
// (draft-alvestrand-rmcat-remb-03, draft-holmer-rmcat-transport-wide-cc-extensions-01).
const (
	remb        = "goog-remb"
	transportCC = "transport-cc"
	arrivalURI  = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

	// The numbers that browsers give the header extensions.
	ownArrivalID     = 3
	ownOrientationID = 13
)

// pictureFeedback is what we say of feedback on pictures.
func pictureFeedback() []string { return append(sdp.PictureFeedback(), remb, transportCC) }

// extend notes the header extensions of the browser's section that we use.
func (a *agreement) extend(section sdp.Media, turns bool) {
	if a.used() && turns {
		a.orientationID = section.Extension(transcode.OrientationURI)
	}
	id := section.Extension(arrivalURI)
	if !a.used() || id == 0 || !slices.Contains(a.feedback, transportCC) {
		a.feedback = slices.DeleteFunc(a.feedback, func(value string) bool { return value == transportCC })
		return
	}
	a.arrivalID = id
}

// extensions are those that our section has.
func (a agreement) extensions() []sdp.Extension {
	var used []sdp.Extension
	if a.arrivalID != 0 {
		used = append(used, sdp.Extension{ID: a.arrivalID, URI: arrivalURI})
	}
	if a.orientationID != 0 {
		used = append(used, sdp.Extension{ID: a.orientationID, URI: transcode.OrientationURI})
	}
	return used
}

// LimitPictures asks the browser to send no more of pictures, now and with each report from now on.
func (s *Session) LimitPictures(bitrate uint64) {
	s.limit.Store(bitrate)
	p, limit := s.peer.Load(), s.limitation()
	if p == nil || limit == nil {
		return
	}
	if err := p.writeReports(s.withReport(transcode.Video, limit)); err != nil {
		s.options.Logger.Debug("bit rate not told", "error", err)
	}
}

// limitation tells the browser what the other party takes; nil if there is no limit, or it does not want to know.
func (s *Session) limitation() rtcp.Packet {
	source, known := s.incoming.source(transcode.Video)
	accepted, bitrate := s.incoming.accepted.Load(), s.limit.Load()
	if accepted == nil || !accepted.limited || !known || bitrate == 0 {
		return nil
	}
	return &rtcp.ReceiverEstimatedMaximumBitrate{
		SenderSSRC: s.incoming.ours[transcode.Video], Bitrate: float32(bitrate), SSRCs: []uint32{source},
	}
}

// tellArrivals tells the browser when its packets came.
func (s *Session) tellArrivals(feedback []rtcp.Packet) {
	if p := s.peer.Load(); p != nil {
		// What is not told now is told to be lost.
		_ = p.writeReports(s.withReport(transcode.Video, feedback...))
	}
}

// arrived notes when a packet of pictures came.
func (i *incoming) arrived(packet *rtp.Packet, accepted *acceptance, now time.Time) {
	if accepted.arrivalID == 0 {
		return
	}
	number := packet.GetExtension(accepted.arrivalID)
	if len(number) != 2 {
		return
	}
	feedback := i.arrivals.Take(packet.SSRC, binary.BigEndian.Uint16(number), now)
	if feedback != nil {
		i.tellArrivals(feedback)
	}
}

// askRate passes on how much reaches the browser of pictures, in bit/s.
func (i *incoming) askRate(bitrate uint64) {
	if i.events.RateAsked != nil {
		i.events.RateAsked(bitrate)
	}
}

// takeRate gives the bit rate of our pictures that reaches the browser, if that is news.
func (i *incoming) takeRate(told *rtcp.ReceiverEstimatedMaximumBitrate, now time.Time) (uint64, bool) {
	if !slices.Contains(told.SSRCs, i.ours[transcode.Video]) {
		return 0, false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reach.Told(uint64(told.Bitrate), now)
}
