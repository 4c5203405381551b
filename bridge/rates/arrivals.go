package rates

import (
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// feedbackPause is how often feedback is due while packets come. Browsers adapt it between 50 and 250 ms.
const feedbackPause = 100 * time.Millisecond

// Arrivals notes when packets came, and tells their sender (transport-wide congestion control,
// draft-holmer-rmcat-transport-wide-cc-extensions-01): a browser finds by it what its path carries. It waits for
// nothing by itself: feedback is due when another packet comes. It is not safe for concurrent use.
type Arrivals struct {
	recorder *twcc.Recorder
	start    time.Time
	told     time.Time
}

// NewArrivals makes one that speaks as an SSRC.
func NewArrivals(ssrc uint32) *Arrivals {
	now := time.Now()
	return &Arrivals{recorder: twcc.NewRecorder(ssrc), start: now, told: now}
}

// Take notes a packet of a source, by its number on the whole connection, and gives the feedback that is due; nil for
// none.
func (a *Arrivals) Take(source uint32, number uint16, now time.Time) []rtcp.Packet {
	a.recorder.Record(source, number, now.Sub(a.start).Microseconds())
	if now.Sub(a.told) < feedbackPause {
		return nil
	}
	a.told = now
	return a.recorder.BuildFeedbackPacket()
}
