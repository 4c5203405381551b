package rtpmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/rates"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// ownOrientation is the number that our offers give the orientation of pictures.
const ownOrientation = 1

// turn says in a section of ours that packets tell how pictures are turned, under a number, if they do.
func (m *section) turn(id uint8, does bool) {
	if id != 0 && does {
		m.Extensions = []sdp.Extension{{ID: id, URI: transcode.OrientationURI}}
	}
}

// roomy is how long an offer may be that goes into a datagram with the headers of its INVITE (RFC 3261 section 18.1.1).
const roomy = 680

// shorten leaves out of an offer what few phones know, where it would not fit into a datagram.
func (s *Session) shorten(layout []sdp.Media, ours sections) {
	video := ours[transcode.Video]
	if video == nil || s.options.Streamed {
		return
	}
	long := func() bool {
		text, err := s.describe(layout, ours).Marshal()
		return err == nil && len(text) > roomy
	}
	for long() && video.dropRetransmission() { // what is lost can be sent again without that
	}
	if long() {
		video.Formats = commonest(video.Formats)
	}
	if long() {
		video.Extensions, video.Feedback = nil, sdp.PictureFeedback()
	}
}

// commonest leaves out the profiles that not everybody has of codecs that are offered with a common one, too.
func commonest(formats []sdp.Format) []sdp.Format {
	var kept []sdp.Format
	for _, format := range formats {
		everybodys := func(other sdp.Format) bool { return other.Equal(format.Codec) && other.Common() }
		if format.Common() || !slices.ContainsFunc(formats, everybodys) {
			kept = append(kept, format)
		}
	}
	return kept
}

// LimitPictures asks the party by TMMBR (RFC 5104) to send no more of pictures, in bit/s, now and with each report from
// now on, if it takes that.
func (s *Session) LimitPictures(bitrate uint64) {
	video := s.streams[transcode.Video]
	video.limit.Store(bitrate)
	if limit := video.limitation(); limit != nil {
		video.sendReports(video.compound(limit))
	}
}

// limitation tells the party what the other one takes; nil if there is no limit, or it does not want to know.
func (s *stream) limitation() rtcp.Packet {
	agreed, bitrate := s.agreed.Load(), s.limit.Load()
	if agreed == nil || !agreed.feedback.tmmbr || bitrate == 0 {
		return nil
	}
	s.mu.Lock()
	source, known := s.reception.Newest()
	s.mu.Unlock()
	if !known {
		return nil
	}
	request := rates.Temporary{
		Format: rates.FormatRequest, Sender: s.sender.Stats().SSRC, Source: source, Bitrate: bitrate,
	}
	return request.Packet()
}

// receiveLimit takes how much the party takes of pictures, and answers (RFC 5104 section 4.2.2). It reports false for
// an ill-formed packet.
func (s *stream) receiveLimit(packet []byte, now time.Time) bool {
	ssrc := s.sender.Stats().SSRC
	request, err := rates.ReadTemporary(packet, ssrc)
	if err != nil {
		return false
	}
	if agreed := s.agreed.Load(); agreed == nil || !agreed.feedback.tmmbr || request.Bitrate == 0 {
		return true
	}
	s.mu.Lock()
	bitrate, news := s.reach.Told(request.Bitrate, now)
	s.mu.Unlock()
	answer := rates.Temporary{
		Format: rates.FormatNotification, Sender: ssrc, Source: request.Sender, Bitrate: request.Bitrate,
	}
	s.sendReports(s.compound(answer.Packet()))
	if news {
		s.askRate(bitrate)
	}
	return true
}

// askRate passes on how much reaches the party of pictures, in bit/s.
func (s *stream) askRate(bitrate uint64) {
	if asked := s.options.Events.RateAsked; asked != nil {
		asked(bitrate)
	}
}

// compound makes what RFC 4585 section 3.1 wants of feedback, unless RFC 5506 was agreed on.
func (s *stream) compound(feedback ...rtcp.Packet) []rtcp.Packet {
	if agreed := s.agreed.Load(); agreed != nil && agreed.reduced {
		return feedback
	}
	ssrc := s.sender.Stats().SSRC
	return append([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: ssrc}, rtcp.NewCNAMESourceDescription(ssrc, s.session.cname),
	}, feedback...)
}
