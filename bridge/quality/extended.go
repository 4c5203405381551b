package quality

import (
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality/emodel"
)

// unknown is what RFC 3611 section 4.7 has for values that are not measured.
const unknown = 127

// packetTime is what a packet lasts, as nearly all do.
const packetTime = 20 * time.Millisecond

// Extended is what goes with extended reports (RFC 3611), ours and the party's. Who uses it locks.
type Extended struct {
	// reference is the party's own time in its last report, as CompactNTP, from its source; came is when. Zero: none.
	reference, source uint32
	came              time.Time
}

// Take takes the party's report: what it says of our stream own goes to remote.
func (e *Extended) Take(report *rtcp.ExtendedReport, own uint32, remote *Remote, now time.Time) {
	for _, block := range report.Reports {
		switch block := block.(type) {
		case *rtcp.ReceiverReferenceTimeReportBlock:
			e.reference, e.source, e.came = uint32(block.NTPTimestamp>>16), report.SenderSSRC, now
		case *rtcp.DLRRReportBlock:
			for _, echo := range block.Reports {
				if echo.SSRC == own && echo.LastRR != 0 {
					remote.measure(echo.LastRR, echo.DLRR, now)
				}
			}
		case *rtcp.VoIPMetricsReportBlock:
			if block.SSRC == own {
				remote.takeMetrics(block)
			}
		}
	}
}

// takeMetrics notes how the party rates our stream: MOS-CQ if it knows that, else MOS-LQ, in tenths from 10 to 50 (RFC
// 3611 section 4.7.5).
func (r *Remote) takeMetrics(block *rtcp.VoIPMetricsReportBlock) {
	for _, score := range [2]uint8{block.MOSCQ, block.MOSLQ} {
		if score >= 10 && score <= 50 {
			r.score = min(float64(score)/10, 4.5)
			return
		}
	}
}

// Wishes is what a party wants to have of extended reports, by its description (RFC 3611 section 5.1).
type Wishes struct{ VoIPMetrics, ReceiverTime bool }

// Report makes our extended report, of the source own; nil if there is nothing to say. Sends tells that we sent since
// the last report: then our sender report measures the round trip.
func (e *Extended) Report(own uint32, wishes Wishes, sends bool, metrics *rtcp.VoIPMetricsReportBlock, now time.Time,
) *rtcp.ExtendedReport {
	report := &rtcp.ExtendedReport{SenderSSRC: own}
	if wishes.ReceiverTime && !sends {
		report.Reports = append(report.Reports, &rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: NTP(now)})
	}
	if wishes.ReceiverTime && e.reference != 0 {
		delay := uint32(now.Sub(e.came).Seconds() * 65536)
		report.Reports = append(report.Reports, &rtcp.DLRRReportBlock{
			Reports: []rtcp.DLRRReport{{SSRC: e.source, LastRR: e.reference, DLRR: delay}},
		})
	}
	if wishes.VoIPMetrics && metrics != nil {
		report.Reports = append(report.Reports, metrics)
	}
	if len(report.Reports) == 0 {
		return nil
	}
	return report
}

// Metrics gives the VoIP metrics of the source that was heard last (RFC 3611 section 4.7); nil before the first. Codec
// names the codec of its packets. Nothing is said of what a jitter buffer does: packets may pass through.
func (r *Reception) Metrics(codec string, roundTrip time.Duration) *rtcp.VoIPMetricsReportBlock {
	heard := r.newest()
	if heard == nil {
		return nil
	}
	expected := heard.expected()
	loss := float64(expected-min(heard.received, expected)) / float64(max(expected, 1))
	listening := emodel.Connection{Codec: codec, Loss: loss}
	talking := emodel.Connection{Codec: codec, Loss: loss, Delay: roundTrip/2 + packetTime + 2*r.jitter}
	losses := heard.bursts.shape()
	return &rtcp.VoIPMetricsReportBlock{
		SSRC: heard.ssrc, LossRate: share(loss),
		BurstDensity: share(losses.burstDensity), GapDensity: share(losses.gapDensity),
		BurstDuration: inMilliseconds(losses.burstLength), GapDuration: inMilliseconds(losses.gapLength),
		RoundTripDelay: uint16(min(roundTrip.Milliseconds(), 1<<16-1)),
		SignalLevel:    unknown, NoiseLevel: unknown, RERL: unknown, Gmin: leastGap,
		RFactor: uint8(talking.Rating()), ExtRFactor: unknown,
		MOSLQ: uint8(listening.MOS()*10 + 0.5), MOSCQ: uint8(talking.MOS()*10 + 0.5),
	}
}

// share gives a share from 0 to 1 in 1/256.
func share(part float64) uint8 { return uint8(min(part*256, 255)) }

// inMilliseconds gives the length of packets.
func inMilliseconds(packets float64) uint16 {
	return uint16(min(packets*float64(packetTime.Milliseconds()), 1<<16-1))
}
