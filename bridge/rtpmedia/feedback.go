package rtpmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// feedback is what a party takes of RTCP feedback (RFC 4585, RFC 5104).
type feedback struct{ pli, fir, nack, tmmbr bool }

// feedbackOf reads what a section says; it counts over RTP/AVP, too, where some phones write it.
func feedbackOf(section sdp.Media) feedback {
	says := func(wanted string) bool {
		return slices.ContainsFunc(section.Formats, func(format sdp.Format) bool { return format.Takes(wanted) })
	}
	if section.Kind() != transcode.Video {
		return feedback{nack: says("nack")}
	}
	return feedback{pli: says("nack pli"), fir: says("ccm fir"), nack: says("nack"), tmmbr: says("ccm tmmbr")}
}

// lines are the values of a=rtcp-fb for it.
func (f feedback) lines() []string {
	var lines []string
	for _, line := range []struct {
		value string
		has   bool
	}{{"nack", f.nack}, {"nack pli", f.pli}, {"ccm fir", f.fir}, {"ccm tmmbr", f.tmmbr}} {
		if line.has {
			lines = append(lines, line.value)
		}
	}
	return lines
}

// keyframes is what was asked of full pictures. The stream's mu guards it.
type keyframes struct {
	// asked and wanted are when we asked the party last, and when it asked us.
	asked, wanted time.Time
	// number is that of our last FIR (RFC 5104 section 4.3.1.1).
	number uint8
}

// receiveFeedback takes a packet of payload-specific feedback and reports false for an ill-formed one.
func (s *stream) receiveFeedback(header rtcp.Header, packet []byte, now time.Time) bool {
	ssrc, wanted := s.sender.Stats().SSRC, false
	switch header.Count {
	case rtcp.FormatPLI:
		var request rtcp.PictureLossIndication
		if request.Unmarshal(packet) != nil {
			return false
		}
		wanted = request.MediaSSRC == ssrc
	case rtcp.FormatFIR:
		var request rtcp.FullIntraRequest
		if request.Unmarshal(packet) != nil {
			return false
		}
		wanted = slices.ContainsFunc(request.FIR, func(entry rtcp.FIREntry) bool { return entry.SSRC == ssrc })
	}
	if wanted {
		s.keyframeWanted(now)
	}
	return true
}

// keyframeWanted passes on that the party wants a full picture, if it is time to.
func (s *stream) keyframeWanted(now time.Time) {
	if asked := s.options.Events.KeyframeAsked; asked != nil && s.wants(now) {
		asked()
	}
}

// mute tells whether the party has no words, but reports, to say that pictures of ours do not reach it: then what it
// lost has to be made up for by a full one.
func (s *stream) mute() bool {
	agreed := s.agreed.Load()
	return s.kind == transcode.Video && agreed != nil && agreed.feedback == feedback{tmmbr: agreed.feedback.tmmbr}
}

// wants tells whether it is time to pass on that the party wants a full picture.
func (s *stream) wants(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.keyframes.wanted) < bridge.KeyframePause {
		return false
	}
	s.keyframes.wanted = now
	return true
}

// askKeyframe asks the party for a full picture; see Session.AskKeyframe. A party that was not heard yet will begin
// with one.
func (s *stream) askKeyframe(now time.Time) bool {
	agreed := s.agreed.Load()
	if agreed == nil || !agreed.pace.Reports() || !agreed.feedback.pli && !agreed.feedback.fir {
		return false
	}
	if request := s.keyframeRequest(agreed, now); request != nil {
		s.sendReports(s.compound(request))
	}
	return true
}

// keyframeRequest makes the request, or gives nil if it is too early for one.
func (s *stream) keyframeRequest(agreed *agreement, now time.Time) rtcp.Packet {
	own := s.sender.Stats().SSRC
	s.mu.Lock()
	defer s.mu.Unlock()
	newest, known := s.reception.Newest()
	if !known || now.Sub(s.keyframes.asked) < bridge.KeyframePause {
		return nil
	}
	s.keyframes.asked = now
	if agreed.feedback.pli {
		return &rtcp.PictureLossIndication{SenderSSRC: own, MediaSSRC: newest}
	}
	s.keyframes.number++
	return &rtcp.FullIntraRequest{ // its MediaSSRC shall be 0 (RFC 5104 section 4.3.1.2)
		SenderSSRC: own, FIR: []rtcp.FIREntry{{SSRC: newest, SequenceNumber: s.keyframes.number}},
	}
}
