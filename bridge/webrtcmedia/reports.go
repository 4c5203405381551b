package webrtcmedia

import (
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// report makes our compound RTCP packet (RFC 3550 section 6.1): for each stream a sender report once we have sent,
// else a receiver report, and the CNAME.
func (s *Session) report(now time.Time) []rtcp.Packet {
	var compound []rtcp.Packet
	name := &rtcp.SourceDescription{}
	for _, kind := range transcode.Kinds() {
		blocks := s.incoming.block(kind, now)
		quality.Beyond(blocks, s.incoming.to[kind].ExpectedLoss())
		sent := s.outgoing[kind].sender.Stats()
		if kind != transcode.Audio && len(blocks) == 0 && sent.Packets == 0 {
			continue
		}
		compound = append(compound, reportOf(sent, blocks, now))
		name.Chunks = append(name.Chunks, rtcp.SourceDescriptionChunk{
			Source: sent.SSRC,
			Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.author.cname}},
		})
	}
	compound = append(compound, name)
	sends := s.outgoing[transcode.Audio].sender.Stats().Packets > 0
	if extended := s.incoming.extend(sends, now); extended != nil {
		compound = append(compound, extended)
	}
	if limit := s.limitation(); limit != nil {
		compound = append(compound, limit)
	}
	return compound
}

// goodbye says that our streams are over (RFC 3550 section 6.6).
func (s *Session) goodbye() []rtcp.Packet {
	bye := &rtcp.Goodbye{}
	for _, kind := range transcode.Kinds() {
		if sent := s.outgoing[kind].sender.Stats(); sent.Packets > 0 || kind == transcode.Audio {
			bye.Sources = append(bye.Sources, sent.SSRC)
		}
	}
	return append(s.report(time.Now()), bye)
}

func reportOf(sent transcode.SenderStats, blocks []rtcp.ReceptionReport, now time.Time) rtcp.Packet {
	if sent.Packets == 0 {
		return &rtcp.ReceiverReport{SSRC: sent.SSRC, Reports: blocks}
	}
	return &rtcp.SenderReport{
		SSRC: sent.SSRC, NTPTime: quality.NTP(now), RTPTime: sent.Timestamp,
		PacketCount: uint32(sent.Packets), OctetCount: uint32(sent.Octets), Reports: blocks,
	}
}
