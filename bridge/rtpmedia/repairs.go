package rtpmedia

import (
	"time"

	"github.com/pion/rtcp"

	"sipbridge/transcode"
)

// keptPackets are how many packets of ours are kept to be sent again, by kind: a second of either, or more.
func keptPackets(kind transcode.Kind) int {
	if kind == transcode.Video {
		return 512
	}
	return 64
}

// receiveMissed sends again what the party misses (RFC 4585 section 6.2.1). It reports false for an ill-formed packet.
func (s *stream) receiveMissed(header rtcp.Header, packet []byte, now time.Time) bool {
	if header.Count != rtcp.FormatTLN {
		return true
	}
	var missed rtcp.TransportLayerNack
	if missed.Unmarshal(packet) != nil {
		return false
	}
	if missed.MediaSSRC != s.sender.Stats().SSRC {
		return true
	}
	if s.resend(missed.Nacks, now) != nil {
		s.options.Counters.unsent.Add(1)
	}
	return true
}

// request asks the party for packets of its stream that did not come.
func (s *stream) request(source uint32, missing []rtcp.NackPair) {
	ssrc := s.sender.Stats().SSRC
	s.sendReports(s.compound(&rtcp.TransportLayerNack{SenderSSRC: ssrc, MediaSSRC: source, Nacks: missing}))
}
