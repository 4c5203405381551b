package webrtcmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// rrtr is the feedback by which browsers ask for reference times of receivers, without a=rtcp-xr.
const rrtr = "rrtr"

// wishes are what the browser wants of extended reports on sound (RFC 3611 section 5.1).
func (a agreement) wishes() quality.Wishes {
	wanted := a.extended
	wanted.ReceiverTime = wanted.ReceiverTime || slices.Contains(a.feedback, rrtr)
	return wanted
}

// extend makes our extended report on sound, if the browser wants one. Sends tells that our sender reports measure the
// round trip.
func (i *incoming) extend(sends bool, now time.Time) *rtcp.ExtendedReport {
	accepted := i.accepted.Load()
	if accepted == nil || accepted.wishes == (quality.Wishes{}) {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	metrics := i.reception[transcode.Audio].Metrics(accepted.codec, i.remote[transcode.Audio].RoundTrip())
	return i.extended.Report(i.ours[transcode.Audio], accepted.wishes, sends, metrics, now)
}
