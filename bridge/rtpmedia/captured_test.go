package rtpmedia

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// captures keeps what it is told of when something was captured.
type captures []time.Time

func (c *captures) WriteRTP(*rtp.Packet) error { return nil }

func (c *captures) Captured(timestamp uint32, at time.Time) bool {
	if timestamp == 7 {
		*c = append(*c, at)
	}
	return true
}

// TestSenderReportsTellOfCaptures holds that what the party captured at one time, by its reports of sound and of
// pictures, is told to the other one under one time, however long each report took; and that nothing is told of other
// sources, nor by reports without a time.
func TestSenderReportsTellOfCaptures(t *testing.T) {
	t.Parallel()
	session := newSession(t, nil)
	var heard [kinds]captures
	now := time.Now()
	for _, kind := range transcode.Kinds() {
		stream := session.streams[kind]
		stream.heard.Set(&heard[kind])
		stream.reception.Packet(&rtp.Packet{Header: rtp.Header{SSRC: uint32(kind)}}, 0, now)
	}
	report := func(kind transcode.Kind, ssrc uint32, happened time.Time, came time.Time) {
		t.Helper()
		sender := rtcp.SenderReport{SSRC: ssrc, NTPTime: quality.NTP(happened), RTPTime: 7}
		stream := session.streams[kind]
		if _, ok := stream.receiveReport(must[[]byte](t)(sender.Marshal()), came); !ok {
			t.Error("the report is ill-formed")
		}
	}
	elsewhere := now.Add(-1000 * time.Hour) // the party's clock
	report(transcode.Audio, uint32(transcode.Audio), elsewhere, now)
	report(transcode.Video, uint32(transcode.Video), elsewhere, now.Add(80*time.Millisecond))
	report(transcode.Video, 99, elsewhere, now)
	report(transcode.Audio, uint32(transcode.Audio), time.Unix(-2208988800, 0), now) // which is 0
	for _, kind := range transcode.Kinds() {
		if len(heard[kind]) != 1 || heard[kind][0].Sub(now).Abs() > 10*time.Millisecond {
			t.Errorf("%v: captured %v, want %v", kind, heard[kind], now)
		}
	}
}
