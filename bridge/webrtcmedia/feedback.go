package webrtcmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// reports takes RTCP from the browser that came now.
func (i *incoming) reports(packets []rtcp.Packet, now time.Time) {
	if i.takeReports(packets, now) && i.events.KeyframeAsked != nil {
		i.events.KeyframeAsked()
	}
}

// takeReports tells whether the browser wants a full picture, and did not just say so.
func (i *incoming) takeReports(packets []rtcp.Packet, now time.Time) (keyframe bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, packet := range packets {
		switch report := packet.(type) {
		case *rtcp.SenderReport:
			for kind := range i.reception {
				i.reception[kind].senderReport(report.SSRC, report.NTPTime, now)
			}
			i.blocks(report.Reports, now)
		case *rtcp.ReceiverReport:
			i.blocks(report.Reports, now)
		case *rtcp.PictureLossIndication:
			keyframe = keyframe || report.MediaSSRC == i.ours[transcode.Video]
		case *rtcp.FullIntraRequest:
			keyframe = keyframe || slices.ContainsFunc(report.FIR, func(entry rtcp.FIREntry) bool {
				return entry.SSRC == i.ours[transcode.Video]
			})
		}
	}
	if !keyframe || now.Sub(i.asked) < bridge.KeyframePause {
		return false
	}
	i.asked = now
	return true
}

// blocks takes what the browser says of our streams.
func (i *incoming) blocks(blocks []rtcp.ReceptionReport, now time.Time) {
	for _, block := range blocks {
		kind := slices.Index(i.ours[:], block.SSRC)
		if kind <= 0 {
			continue
		}
		i.lossTold(transcode.Kind(kind), block.FractionLost)
		i.remoteLost[kind] = uint64(block.TotalLost)
		if block.TotalLost&(1<<23) != 0 { // negative: duplicates (RFC 3550 section 6.4.1)
			i.remoteLost[kind] = 0
		}
		if block.LastSenderReport != 0 {
			elapsed := compactNTP(now) - block.LastSenderReport - block.Delay
			if elapsed < 1<<31 {
				i.roundTrip = time.Duration(elapsed) * time.Second >> 16
			}
		}
	}
}

// block gives our report on the browser's stream of a kind; none before it began.
func (i *incoming) block(kind transcode.Kind, now time.Time) []rtcp.ReceptionReport {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reception[kind].block(now)
}

// source gives the SSRC of the browser's stream of a kind, once a packet has come.
func (i *incoming) source(kind transcode.Kind) (ssrc uint32, known bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reception[kind].ssrc, i.reception[kind].known
}

func (i *incoming) stats() bridge.MediaStats {
	i.mu.Lock()
	defer i.mu.Unlock()
	audio := &i.reception[transcode.Audio]
	return bridge.MediaStats{
		Received: audio.total, Lost: audio.lost(), Jitter: audio.jitterTime(),
		RemoteLost: i.remoteLost[transcode.Audio], RoundTrip: i.roundTrip,
	}
}
