package webrtcmedia

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// TestExtendedReports has a browser that only speaks, and wants reference times in one of two ways: it gets them, by
// what it answers the round trip is measured, and its own come back. One that wants none gets none.
func TestExtendedReports(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	for line, answered := range map[string]bool{
		"a=rtcp-fb:111 rrtr": true, "a=rtcp-xr:rcvr-rtt=all voip-metrics": true, "a=other": false,
	} {
		session, _ := newSession(t, engine, Options{})
		b := newBrowser(t, browserCodecs())
		const after = "a=rtpmap:111 opus/48000/2\r\n"
		offer := strings.Replace(b.offer(nil), after, after+line+"\r\n", 1)
		answer := string(reoffer(t, session, b, offer, "opus"))
		if strings.Contains(answer, line) != answered {
			t.Errorf("%s: answered\n%s", line, answer)
		}
		stop := b.talk(111, 960)
		eventually(t, "sound", func() bool { return session.Stats().Audio.Received > 0 })
		stop()
		now := time.Now()
		if sent := reference(session.report(now)); (sent == quality.NTP(now)) != answered {
			t.Errorf("%s: sent the time %d", line, sent)
		}
		own := session.incoming.ours[transcode.Audio]
		session.incoming.reports([]rtcp.Packet{&rtcp.ExtendedReport{SenderSSRC: 9, Reports: []rtcp.ReportBlock{
			&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{
				SSRC: own, LastRR: quality.CompactNTP(now), DLRR: 6554, // 100 ms
			}}},
			&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: quality.NTP(now)},
		}}}, now.Add(150*time.Millisecond))
		if trip := session.Stats().Audio.RoundTrip; trip < 49*time.Millisecond || trip > 51*time.Millisecond {
			t.Errorf("%s: a round trip of %v", line, trip)
		}
		if back := echo(session.report(now.Add(time.Second))); (back == quality.CompactNTP(now)) != answered {
			t.Errorf("%s: %d came back", line, back)
		}
	}
}

// blocks gives those of extended reports.
func blocks(compound []rtcp.Packet) []rtcp.ReportBlock {
	var found []rtcp.ReportBlock
	for _, packet := range compound {
		if extended, ok := packet.(*rtcp.ExtendedReport); ok {
			found = append(found, extended.Reports...)
		}
	}
	return found
}

// reference gives the time that a receiver tells; 0 if there is none.
func reference(compound []rtcp.Packet) uint64 {
	for _, block := range blocks(compound) {
		if told, ok := block.(*rtcp.ReceiverReferenceTimeReportBlock); ok {
			return told.NTPTimestamp
		}
	}
	return 0
}

// echo gives the time of the browser that comes back; 0 if there is none.
func echo(compound []rtcp.Packet) uint32 {
	for _, block := range blocks(compound) {
		if told, ok := block.(*rtcp.DLRRReportBlock); ok {
			return told.Reports[0].LastRR
		}
	}
	return 0
}
