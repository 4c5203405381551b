package rtpmedia

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestExtendedReports has a phone that wants extended reports (RFC 3611): it gets the metrics of what it sent, and what
// it says of ours is believed. One that wants none gets none.
func TestExtendedReports(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, fastReports), newPhone(t, "127.0.0.1", 42)
	answer := party.call(session, party.offer("a=rtcp-xr:rcvr-rtt=all:10 voip-metrics pkt-dup-rle"))
	if !answer.XR.VoIPMetrics || !answer.XR.ReceiverTime {
		t.Errorf("answered %+v", answer.XR)
	}
	party.say(session.audio().address())
	party.sequence++ // one is lost
	party.say(session.audio().address())
	eventually(t, "both packets", func() bool { return session.Stats().Audio.Received == 2 })
	for told := false; !told; {
		report, _ := nextReport[*rtcp.ExtendedReport](t, party, false)
		for _, block := range report.Reports {
			metrics, ok := block.(*rtcp.VoIPMetricsReportBlock)
			if ok && metrics.SSRC == 42 && metrics.LossRate == 85 { // a third
				told = true
			}
		}
	}
	report := rtcp.ExtendedReport{SenderSSRC: 42, Reports: []rtcp.ReportBlock{
		&rtcp.VoIPMetricsReportBlock{SSRC: session.audio().sender.Stats().SSRC, MOSCQ: 37},
	}}
	session.audio().receiveReports(must[[]byte](t)(report.Marshal()), party.address(), time.Now())
	if got := session.Stats().Audio.RemoteScore; got != 3.7 {
		t.Errorf("the party gives %v", got)
	}

	plain, other := newSession(t, nil), newPhone(t, "127.0.0.1", 43)
	if answer := other.call(plain, other.offer()); answer.XR.VoIPMetrics || answer.XR.ReceiverTime {
		t.Errorf("answered %+v to a phone that knows nothing of it", answer.XR)
	}
	other.say(plain.audio().address())
	eventually(t, "the packet", func() bool { return plain.Stats().Audio.Received == 1 })
	compound, _ := plain.audio().report(time.Now(), 0)
	for _, packet := range compound {
		if extended, ok := packet.(*rtcp.ExtendedReport); ok {
			t.Errorf("sent %v", extended)
		}
	}
}
