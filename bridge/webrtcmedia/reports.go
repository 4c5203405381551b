package webrtcmedia

import (
	"time"

	"github.com/pion/rtcp"
)

// report makes our compound RTCP packet (RFC 3550 section 6.1): a sender report once we have sent, else a
// receiver report, and the CNAME.
func (s *Session) report(now time.Time) []rtcp.Packet {
	blocks := s.incoming.block(now)
	sent := s.sender.Stats()
	ssrc := sent.SSRC
	name := &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.author.cname}},
	}}}
	if sent.Packets == 0 {
		return []rtcp.Packet{&rtcp.ReceiverReport{SSRC: ssrc, Reports: blocks}, name}
	}
	return []rtcp.Packet{&rtcp.SenderReport{
		SSRC: ssrc, NTPTime: ntp(now), RTPTime: sent.Timestamp,
		PacketCount: uint32(sent.Packets), OctetCount: uint32(sent.Octets), Reports: blocks,
	}, name}
}

// ntp gives a time as seconds since 1900 and their fraction, 32 bits each (RFC 3550 section 4).
func ntp(now time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(now.Unix()+since1900)<<32 | uint64(now.Nanosecond())<<32/uint64(time.Second)
}

// compactNTP gives the middle 32 bits of ntp.
func compactNTP(now time.Time) uint32 { return uint32(ntp(now) >> 16) }
