package rtpmedia

import (
	"crypto/rand"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality"
	"sipbridge/bridge/rates"
	"sipbridge/transcode"
)

// newCName makes a name that says nothing of us and is not used twice (RFC 7022 section 4.2).
func newCName() string { return rand.Text() }

// receiveReports takes a compound RTCP packet. A BYE changes nothing: calls end by signalling, and anybody
// can forge one.
func (s *stream) receiveReports(datagram []byte, from netip.AddrPort, now time.Time) {
	counters := s.options.Counters
	if len(datagram) > maxDatagram {
		counters.malformed.Add(1)
		return
	}
	agreed := s.agreed.Load()
	if agreed == nil || len(agreed.formats) == 0 {
		counters.unagreed.Add(1)
		return
	}
	s.mu.Lock()
	ours := s.latch.acceptsReports(from.Addr())
	s.mu.Unlock()
	if !ours {
		counters.wrongSource.Add(1)
		s.faults.IsFrom(from)
		return
	}
	datagram, err := agreed.readReports(datagram)
	if err != nil {
		s.unread(agreed, err)
		return
	}
	s.passed(len(datagram))
	taken := 0
	for len(datagram) > 0 {
		size, ok := s.receiveReport(datagram, now)
		if !ok {
			counters.badReports.Add(1)
			return
		}
		datagram = datagram[size:]
		taken++
	}
	if taken > 0 {
		if agreed.ice.agent == nil {
			s.reportTo.Store(&from)
		}
		s.session.alive(now)
	}
}

// receiveReport takes the first packet of a compound and gives its size in octets.
func (s *stream) receiveReport(datagram []byte, now time.Time) (size int, ok bool) {
	var header rtcp.Header
	if header.Unmarshal(datagram) != nil {
		return 0, false
	}
	size = (int(header.Length) + 1) * 4
	if size > len(datagram) {
		return 0, false
	}
	packet := datagram[:size]
	switch header.Type {
	case rtcp.TypeSenderReport:
		var report rtcp.SenderReport
		if report.Unmarshal(packet) != nil {
			return 0, false
		}
		s.takeReports(&report, report.Reports, now)
	case rtcp.TypeReceiverReport:
		var report rtcp.ReceiverReport
		if report.Unmarshal(packet) != nil {
			return 0, false
		}
		s.takeReports(nil, report.Reports, now)
	case rtcp.TypeExtendedReport:
		var report rtcp.ExtendedReport
		if report.Unmarshal(packet) != nil {
			return 0, false
		}
		s.takeExtended(&report, now)
	case rtcp.TypeGoodbye:
		s.options.Counters.byes.Add(1)
	case rtcp.TypeTransportSpecificFeedback:
		if header.Count == rates.FormatRequest {
			return size, s.receiveLimit(packet, now)
		}
		return size, s.receiveMissed(header, packet, now)
	case rtcp.TypePayloadSpecificFeedback:
		return size, s.receiveFeedback(header, packet, now)
	default: // source descriptions and other feedback tell nothing that is needed
	}
	return size, true
}

func (s *stream) takeReports(sender *rtcp.SenderReport, blocks []rtcp.ReceptionReport, now time.Time) {
	s.options.Counters.reports.Add(1)
	if sender != nil {
		s.mu.Lock()
		s.reception.SenderReport(sender, now)
		source, known := s.reception.Newest()
		s.mu.Unlock()
		if at, ok := s.session.moment(sender.NTPTime, now); ok && known && source == sender.SSRC {
			s.heard.Captured(sender.RTPTime, at)
		}
	}
	sent := s.sender.Stats()
	for _, block := range blocks {
		if block.SSRC == sent.SSRC {
			s.takeBlock(block, sent.Octets, now)
		}
	}
}

// takeBlock takes what the party reports of our stream, of which so many octets were sent.
func (s *stream) takeBlock(block rtcp.ReceptionReport, sent uint64, now time.Time) {
	s.sender.ReportLoss(block.FractionLost)
	s.mu.Lock()
	s.remote.Take(block, now)
	bitrate, news := uint64(0), false
	if s.kind == transcode.Video {
		bitrate, news = s.reach.Reported(block, sent, now)
	}
	s.mu.Unlock()
	if news {
		s.askRate(bitrate)
	}
	if block.FractionLost > 0 && s.mute() {
		s.keyframeWanted(now)
	}
}

func (s *stream) takeExtended(report *rtcp.ExtendedReport, now time.Time) {
	ssrc := s.sender.Stats().SSRC
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extended.Take(report, ssrc, &s.remote, now)
}

// extend makes our extended report (RFC 3611), if the party wants one; sends tells that we sent since the last one.
func (s *stream) extend(ssrc uint32, sends bool, now time.Time) *rtcp.ExtendedReport {
	agreed := s.agreed.Load()
	if agreed == nil || agreed.wishes == (quality.Wishes{}) || len(agreed.formats) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	metrics := s.reception.Metrics(agreed.formats[0].Name, s.remote.RoundTrip())
	return s.extended.Report(ssrc, agreed.wishes, sends, metrics, now)
}

// report makes our compound packet: a sender report if we sent since the last one, else a receiver report, and
// who we are (RFC 3550 section 6.1). It belongs to the goroutine that keeps time.
func (s *stream) report(now time.Time, sentBefore uint64) (compound []rtcp.Packet, sent uint64) {
	stats := s.sender.Stats()
	s.mu.Lock()
	blocks := s.reception.Reports(now)
	s.mu.Unlock()
	quality.Beyond(blocks, s.heard.ExpectedLoss())
	if stats.Packets != sentBefore {
		compound = append(compound, &rtcp.SenderReport{
			SSRC: stats.SSRC, NTPTime: quality.NTP(now), RTPTime: stats.Timestamp,
			PacketCount: uint32(stats.Packets), OctetCount: uint32(stats.Octets), Reports: blocks,
		})
	} else {
		compound = append(compound, &rtcp.ReceiverReport{SSRC: stats.SSRC, Reports: blocks})
	}
	compound = append(compound, rtcp.NewCNAMESourceDescription(stats.SSRC, s.session.cname))
	if extended := s.extend(stats.SSRC, stats.Packets != sentBefore, now); extended != nil {
		compound = append(compound, extended)
	}
	if limit := s.limitation(); limit != nil {
		compound = append(compound, limit)
	}
	return compound, stats.Packets
}

// passed counts a compound packet for the pace of ours.
func (s *stream) passed(octets int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace.Passed(octets)
}

// sendReports sends a compound packet. A report that cannot be sent is made up for by the next.
func (s *stream) sendReports(compound []rtcp.Packet) {
	agreed, to := s.agreed.Load(), s.reportTo.Load()
	if agreed == nil || to == nil || !agreed.pace.Reports() {
		return
	}
	text, err := rtcp.Marshal(compound)
	s.passed(len(text))
	if err == nil {
		text, err = agreed.sealReports(text)
	}
	if err != nil {
		return
	}
	from := s.sockets().rtcp
	if agreed.mux {
		from = s.sockets().rtp
	}
	if err := from.Send(text, *to); err != nil {
		s.options.Counters.unsent.Add(1)
	}
}

// sendGoodbye tells the party that our stream is over (RFC 3550 section 6.6).
func (s *stream) sendGoodbye() {
	stats := s.sender.Stats()
	s.sendReports([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: stats.SSRC},
		rtcp.NewCNAMESourceDescription(stats.SSRC, s.session.cname),
		&rtcp.Goodbye{Sources: []uint32{stats.SSRC}},
	})
}
