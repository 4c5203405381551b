package webrtcmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// reports takes RTCP from the browser that came now.
func (i *incoming) reports(packets []rtcp.Packet, now time.Time) {
	i.passed(packets)
	keyframe, roundTrip := i.takeReports(packets, now)
	if keyframe && i.events.KeyframeAsked != nil {
		i.events.KeyframeAsked()
	}
	for _, packet := range packets {
		switch told := packet.(type) {
		case *rtcp.TransportLayerNack:
			if kind := slices.Index(i.ours[:], told.MediaSSRC); kind > 0 {
				i.resend(transcode.Kind(kind), told.Nacks, roundTrip, now)
			}
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			if bitrate, news := i.takeRate(told, now); news {
				i.askRate(bitrate)
			}
		case *rtcp.SenderReport:
			i.lost(told.Reports, now)
			i.captured(told, now)
		case *rtcp.ReceiverReport:
			i.lost(told.Reports, now)
		}
	}
}

// takeReports tells whether the browser wants a full picture, and did not just say so, and gives the round trip.
func (i *incoming) takeReports(packets []rtcp.Packet, now time.Time) (keyframe bool, roundTrip time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, packet := range packets {
		switch report := packet.(type) {
		case *rtcp.SenderReport:
			for kind := range i.reception {
				i.reception[kind].SenderReport(report, now)
			}
			i.blocks(report.Reports, now)
		case *rtcp.ReceiverReport:
			i.blocks(report.Reports, now)
		case *rtcp.ExtendedReport:
			i.extended.Take(report, i.ours[transcode.Audio], &i.remote[transcode.Audio], now)
		case *rtcp.PictureLossIndication:
			keyframe = keyframe || report.MediaSSRC == i.ours[transcode.Video]
		case *rtcp.FullIntraRequest:
			keyframe = keyframe || slices.ContainsFunc(report.FIR, func(entry rtcp.FIREntry) bool {
				return entry.SSRC == i.ours[transcode.Video]
			})
		}
	}
	if !keyframe || now.Sub(i.asked) < bridge.KeyframePause {
		return false, i.roundTrip()
	}
	i.asked = now
	return true, i.roundTrip()
}

// roundTrip is the last known one of any stream; 0 if there is none. The caller holds mu.
func (i *incoming) roundTrip() time.Duration {
	return max(i.remote[transcode.Video].RoundTrip(), i.remote[transcode.Audio].RoundTrip())
}

// blocks takes what the browser says of our streams.
func (i *incoming) blocks(blocks []rtcp.ReceptionReport, now time.Time) {
	for _, block := range blocks {
		kind := slices.Index(i.ours[:], block.SSRC)
		if kind > 0 {
			i.lossTold(transcode.Kind(kind), block.FractionLost)
			i.remote[kind].Take(block, now)
		}
	}
}

// lost passes on what follows from what the browser says to have lost of our pictures.
func (i *incoming) lost(blocks []rtcp.ReceptionReport, now time.Time) {
	for _, block := range blocks {
		if block.SSRC != i.ours[transcode.Video] {
			continue
		}
		sent := i.sent()
		i.mu.Lock()
		bitrate, news := i.reach.Reported(block, sent, now)
		i.mu.Unlock()
		if news {
			i.askRate(bitrate)
		}
	}
}

// captured passes on when the browser captured what it sends.
func (i *incoming) captured(report *rtcp.SenderReport, now time.Time) {
	i.mu.Lock()
	at, ok := i.clock.Moment(report.NTPTime, now)
	i.mu.Unlock()
	for _, kind := range transcode.Kinds() {
		if source, known := i.source(kind); ok && known && source == report.SSRC {
			i.to[kind].Captured(report.RTPTime, at)
		}
	}
}

// block gives our report on the browser's stream of a kind; none before it began.
func (i *incoming) block(kind transcode.Kind, now time.Time) []rtcp.ReceptionReport {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reception[kind].Reports(now)
}

// source gives the SSRC of the browser's stream of a kind, once a packet has come.
func (i *incoming) source(kind transcode.Kind) (ssrc uint32, known bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reception[kind].Newest()
}

// stats is what is measured of the browser's stream of a kind and of ours.
func (i *incoming) stats(kind transcode.Kind, sent transcode.SenderStats) quality.Stats {
	stats := quality.Stats{Sent: sent.Packets, SentOctets: sent.Octets}
	i.faults[kind].Into(&stats)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reception[kind].Into(&stats)
	if kind == transcode.Video {
		i.pictures.Into(&stats)
	}
	i.remote[kind].Into(&stats, sent.ClockRate)
	return stats
}
