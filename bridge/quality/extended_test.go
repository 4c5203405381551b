package quality

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestBursts plays what came (1) and what was lost (0). The first is the example of RFC 3611 section 4.7.2, with its
// values: a burst of 12 packets with density 0.33, gaps of 42 packets in all with density 0.04.
func TestBursts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		packets string
		want    shape
	}{
		"the example of RFC 3611": {
			"11110111111111111111111" + "011101011110" + "1111111111111111110", shape{4. / 12, 2. / 42, 12, 42},
		},
		"nothing lost":    {strings.Repeat("1", 50), shape{0, 0, 0, 50}},
		"one in fifty":    {strings.Repeat("1", 30) + "0" + strings.Repeat("1", 19), shape{0, 0.02, 0, 50}},
		"a hole":          {strings.Repeat("1", 20) + "00000" + strings.Repeat("1", 20), shape{1, 0, 5, 40}},
		"a hole at once":  {"1" + "00" + strings.Repeat("1", 19), shape{1, 0, 2, 20}},
		"every other one": {strings.Repeat("10", 10), shape{10. / 19, 0, 19, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Reception
			for i, came := range test.packets {
				if came == '1' {
					r.Packet(packet(7, uint16(i), 0), 0, time.Now())
				}
			}
			if last := strings.LastIndex(test.packets, "1"); last < len(test.packets)-1 {
				r.newest().bursts.lose(uint64(len(test.packets) - 1 - last)) // what comes next shows the loss
			}
			if got := r.newest().bursts.shape(); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestVoIPMetrics(t *testing.T) {
	t.Parallel()
	var r Reception
	if r.Metrics("PCMU", 0) != nil {
		t.Error("metrics of nothing")
	}
	for number := range uint16(100) {
		if number%10 != 5 {
			r.Packet(packet(7, number, 0), 0, time.Now())
		}
	}
	got := r.Metrics("PCMU", 80*time.Millisecond)
	if got.SSRC != 7 || got.LossRate != 25 || got.RoundTripDelay != 80 || got.Gmin != 16 || got.BurstDensity < 26 {
		t.Errorf("%+v", got)
	}
	// 10 % of G.711 cost 95 * 10 / 35.1 = 27.1 of 93.2, and the delay of 60 ms some more.
	if got.RFactor < 60 || got.RFactor > 66 || got.MOSLQ != 34 || got.MOSCQ > got.MOSLQ || got.SignalLevel != unknown {
		t.Errorf("R %d, MOS %d and %d", got.RFactor, got.MOSLQ, got.MOSCQ)
	}
}

// TestRoundTripOfReceivers has two that only receive measure the way to each other and back (RFC 3611 section 4.5).
func TestRoundTripOfReceivers(t *testing.T) {
	t.Parallel()
	var here, there Extended
	var remote Remote
	wishes, now := Wishes{ReceiverTime: true}, time.Now()
	asks := here.Report(1, wishes, false, nil, now)
	there.Take(crossed(t, asks), 2, &Remote{}, now.Add(30*time.Millisecond))
	answers := there.Report(2, wishes, true, nil, now.Add(530*time.Millisecond))
	here.Take(crossed(t, answers), 1, &remote, now.Add(550*time.Millisecond))
	if off := remote.RoundTrip() - 50*time.Millisecond; max(off, -off) > time.Millisecond {
		t.Errorf("%v there and back", remote.RoundTrip())
	}
	remote = Remote{}
	here.Take(crossed(t, answers), 99, &remote, now.Add(550*time.Millisecond))
	if remote.RoundTrip() != 0 {
		t.Error("somebody else's echo was taken")
	}
	if got := here.Report(1, Wishes{VoIPMetrics: true}, true, nil, now); got != nil {
		t.Errorf("nothing to say was said: %+v", got)
	}
}

// crossed writes a report, and reads it again.
func crossed(t *testing.T, report *rtcp.ExtendedReport) *rtcp.ExtendedReport {
	t.Helper()
	text, err := report.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var read rtcp.ExtendedReport
	if err := read.Unmarshal(text); err != nil {
		t.Fatal(err)
	}
	return &read
}

func TestScoreOfTheParty(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ssrc     uint32
		lq, cq   uint8
		expected float64
	}{{7, 43, 127, 4.3}, {7, 43, 38, 3.8}, {7, 50, 127, 4.5}, {7, 127, 127, 0}, {7, 0, 255, 0}, {8, 43, 43, 0}} {
		var own Extended
		var remote Remote
		var stats Stats
		block := &rtcp.VoIPMetricsReportBlock{SSRC: test.ssrc, MOSLQ: test.lq, MOSCQ: test.cq}
		report := &rtcp.ExtendedReport{SenderSSRC: 1, Reports: []rtcp.ReportBlock{block}}
		own.Take(crossed(t, report), 7, &remote, time.Now())
		if remote.Into(&stats, 0); math.Abs(stats.RemoteScore-test.expected) > 1e-9 {
			t.Errorf("%+v: %v", test, stats.RemoteScore)
		}
	}
}
