package webrtcmedia

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// reportAs notes what the browser's section says of RTCP: how much, and whether feedback may go without a report.
func (a *agreement) reportAs(section sdp.Media) {
	a.reduced = section.RTCPReducedSize
	a.pace = quality.Session{
		Bitrate: section.Bitrate, Senders: section.RTCPSenders, Receivers: section.RTCPReceivers,
	}
}

// pace is what decides on how often reports are due: one tells of all kinds.
func (a agreements) pace() quality.Session {
	kind, _ := a.leading()
	pace := a[kind].pace
	pace.Pictures = a[transcode.Video].used()
	if pace.Pictures {
		pace.Bitrate = a[transcode.Video].pace.Bitrate
	}
	return pace
}

// reportPause gives the time from a report of ours to the next one, and whether there is to be one.
func (i *incoming) reportPause(now situation) (pause time.Duration, allowed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.pace.Pause(now.pace, now.direction.Sends(), now.direction.Receives(), rand.Float64())
}

// passed counts RTCP that was sent or came.
func (i *incoming) passed(packets []rtcp.Packet) {
	size := rtcp.CompoundPacket(packets).MarshalSize()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.pace.Passed(size)
}

// withReport puts what RFC 4585 section 3.1 wants before feedback on a kind, unless RFC 5506 was agreed on.
func (s *Session) withReport(kind transcode.Kind, feedback ...rtcp.Packet) []rtcp.Packet {
	if accepted := s.incoming.accepted.Load(); accepted != nil && accepted.reduced[kind] {
		return feedback
	}
	ssrc := s.incoming.ours[kind]
	return append([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: ssrc}, rtcp.NewCNAMESourceDescription(ssrc, s.author.cname),
	}, feedback...)
}
