package bridge_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

func TestScores(t *testing.T) {
	t.Parallel()
	const far = 300 * time.Millisecond
	tests := map[string]struct {
		stats       quality.Stats
		heard, told float64
	}{
		"nothing":        {quality.Stats{}, 0, 0},
		"half a second":  {quality.Stats{Received: 25, Sent: 25, Reported: true}, 0, 0},
		"clean":          {quality.Stats{Received: 500, Sent: 500, Reported: true}, 4.4, 4.4},
		"no reports":     {quality.Stats{Received: 500, Sent: 500}, 4.4, 0},
		"lost here":      {quality.Stats{Received: 900, Sent: 900, Lost: 100, Reported: true}, 3.3, 4.4},
		"lost there":     {quality.Stats{Received: 900, Sent: 1000, RemoteLost: 200, Reported: true}, 4.4, 2.6},
		"late":           {quality.Stats{Received: 900, Sent: 900, RoundTrip: 2 * far, Reported: true}, 3.6, 3.6},
		"uneven there":   {quality.Stats{Received: 900, Sent: 900, RemoteJitter: far / 2, Reported: true}, 4.4, 3.6},
		"more lost than": {quality.Stats{Sent: 100, RemoteLost: 500, Reported: true}, 0, 1.15},
		"over TCP":       {quality.Stats{Received: 900, Sent: 900, Reliable: true, Reported: true}, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stats := bridge.MediaStats{Audio: test.stats}
			heard, told := stats.Score("opus/48000/2"), stats.RemoteScore("opus/48000/2")
			if math.Abs(heard-test.heard) > 0.15 || math.Abs(told-test.told) > 0.15 {
				t.Errorf("%.2f and %.2f, want %.2f and %.2f", heard, told, test.heard, test.told)
			}
			if worse := stats.Score("GSM/8000"); heard > 1.5 && worse > heard-0.2 {
				t.Errorf("GSM is rated %.2f, Opus %.2f", worse, heard)
			}
		})
	}
}

// TestQualityIsTold has a caller whose sound is decoded: silence, and one packet that is lost.
func TestQualityIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	callee.FakeMedia().SetStats(bridge.MediaStats{
		Audio: quality.Stats{Received: 1000, Sent: 1000, RemoteLost: 100, Reported: true},
		Video: quality.Stats{Received: 40, Frames: 9, Freezes: 2, Frozen: time.Second},
	})
	caller.FakeMedia().AwaitPlugged(t, transcode.Audio)
	packet := rtp.Packet{Header: rtp.Header{SSRC: 7}, Payload: []byte(strings.Repeat("\xff", 160))}
	for number := range uint16(100) {
		packet.SequenceNumber, packet.Timestamp = number, 160*uint32(number)
		if number == 50 {
			continue
		}
		if _, err := caller.FakeMedia().Deliver(transcode.Audio, &packet); err != nil {
			t.Fatal(err)
		}
	}
	packet.SequenceNumber, packet.Timestamp = 50, 160*50 // now it comes, too late
	if _, err := caller.FakeMedia().Deliver(transcode.Audio, &packet); err != nil {
		t.Fatal(err)
	}
	bridgetest.Eventually(t, "the silence in the live figures", func() bool {
		return f.Calls()[0].CallerMedia.Sound.Silent == 1980*time.Millisecond
	})
	callee.Emit(bridge.KeyframeAsked{})
	bridgetest.Eventually(t, "the request", func() bool { return f.Calls()[0].CalleeMedia.Keyframes == 1 })
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	record := f.observer.AwaitEnded(t)
	want := transcode.SoundStats{
		Decoded: 1980 * time.Millisecond, Concealed: 20 * time.Millisecond, Silent: 1980 * time.Millisecond,
		Discarded: 1,
	}
	if record.CallerMedia.Sound != want || record.CalleeMedia.Sound != (transcode.SoundStats{}) {
		t.Errorf("%+v, %+v", record.CallerMedia.Sound, record.CalleeMedia.Sound)
	}
	stats := f.Stats()
	if stats.Sound != want {
		t.Errorf("%+v of all calls", stats.Sound)
	}
	if stats.Told.Buckets != [8]uint64{3: 1} || stats.Told.Sum < 3 || stats.Heard.Buckets != [8]uint64{7: 2} {
		t.Errorf("%+v, %+v", stats.Told, stats.Heard)
	}
	pictures := bridge.PictureStats{Packets: 40, Frames: 9, Freezes: 2, Frozen: time.Second, Keyframes: 1}
	if stats.Pictures != pictures {
		t.Errorf("%+v", stats.Pictures)
	}
	bridgetest.Eventually(t, "the log line", func() bool { return f.log.String() != "" })
	for _, word := range []string{
		"from_media.decoded=1.98s from_media.concealed=20ms from_media.clipped=0s from_media.silent=1.98s",
		" from_media.discarded=1 ",
		"from_media.mos=4.4", "to_media.mos=4.4", "to_media.mos_there=3.", "to_media.video.received=40",
		"to_media.video.frames=9 to_media.video.freezes=2 to_media.video.frozen=1s " +
			"to_media.video.broken=0s to_media.video.keyframes_asked=1",
	} {
		if !strings.Contains(f.log.String(), word) {
			t.Errorf("the log has no %q: %s", word, f.log)
		}
	}
	if strings.Contains(f.log.String(), "from_media.video") || strings.Contains(f.log.String(), "from_media.mos_there") {
		t.Errorf("the log tells of what there was none of: %s", f.log)
	}
}
