package quality

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func packet(ssrc uint32, sequence uint16, timestamp uint32) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{SSRC: ssrc, SequenceNumber: sequence, Timestamp: timestamp},
		Payload: make([]byte, 160),
	}
}

func TestLoss(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sequences []uint16
		lost      uint64
		late      uint64
		highest   uint32
	}{
		"in order":        {[]uint16{1, 2, 3}, 0, 0, 3},
		"a gap":           {[]uint16{1, 2, 5}, 2, 0, 5},
		"disorder":        {[]uint16{1, 3, 2, 4}, 0, 1, 4},
		"a duplicate":     {[]uint16{1, 2, 2, 2, 5}, 0, 2, 5},
		"roll-over":       {[]uint16{65534, 65535, 0, 2}, 1, 0, 1<<16 + 2},
		"late, before it": {[]uint16{65535, 0, 65534, 1}, 0, 1, 1<<16 + 1},
		"one stray":       {[]uint16{1, 2, 40000, 3}, 0, 0, 3},
		"a restart":       {[]uint16{1, 3, 40000, 40001, 40003}, 2, 0, 40003},
		"far back":        {[]uint16{5000, 1, 2, 3}, 0, 0, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Reception
			for _, sequence := range test.sequences {
				r.Packet(packet(1, sequence, 0), 0, time.Now())
			}
			block := r.Reports(time.Now())[0]
			var stats Stats
			r.Into(&stats)
			if stats.Lost != test.lost || stats.Late != test.late || block.LastSequenceNumber != test.highest {
				t.Errorf("highest %d, %+v; want %+v", block.LastSequenceNumber, stats, test)
			}
			sent := uint64(len(test.sequences))
			if stats.Received != sent || stats.ReceivedOctets != 160*sent || stats.Heard.IsZero() {
				t.Errorf("%+v of %d packets", stats, sent)
			}
		})
	}
}

func TestFractionLost(t *testing.T) {
	t.Parallel()
	var r Reception
	now := time.Now()
	for _, sequence := range []uint16{1, 2, 4} {
		r.Packet(packet(1, sequence, 0), 0, now)
	}
	if got := r.Reports(now)[0].FractionLost; got != 64 { // one of four
		t.Errorf("got %d", got)
	}
	for _, sequence := range []uint16{5, 6} {
		r.Packet(packet(1, sequence, 0), 0, now)
	}
	block := r.Reports(now)[0]
	if block.FractionLost != 0 || block.TotalLost != 1 {
		t.Errorf("got %+v", block)
	}
	r.Packet(packet(1, 2900, 0), 0, now)
	if got := r.Reports(now)[0].FractionLost; got != 255 {
		t.Errorf("got %d", got)
	}
}

// TestBeyond adds losses of the way behind us to those of the way to us.
func TestBeyond(t *testing.T) {
	t.Parallel()
	tests := []struct {
		own  uint8
		far  int
		want uint8
	}{{0, 0, 0}, {64, 0, 64}, {0, 25, 64}, {64, 25, 112}, {128, 50, 192}, {255, 99, 255}, {0, 100, 255}, {0, 1, 3}}
	for _, test := range tests {
		blocks := []rtcp.ReceptionReport{{FractionLost: test.own, TotalLost: 7}}
		Beyond(blocks, test.far)
		if got := blocks[0]; got.FractionLost != test.want || got.TotalLost != 7 {
			t.Errorf("%d and %d %%: %+v, want %d", test.own, test.far, got, test.want)
		}
	}
	Beyond(nil, 10)
}

// TestJitter sends packets that come 5 ms early and late in turn: the difference is always 10 ms.
func TestJitter(t *testing.T) {
	t.Parallel()
	var r Reception
	start := time.Now()
	for i := range uint16(400) {
		at := start.Add(time.Duration(i)*20*time.Millisecond + time.Duration(i%2)*10*time.Millisecond)
		r.Packet(packet(1, i, uint32(i)*160), 8000, at)
	}
	if off := math.Abs(float64(r.jitter - 10*time.Millisecond)); off > float64(100*time.Microsecond) {
		t.Errorf("the jitter is %v", r.jitter)
	}
	if got := r.Reports(start)[0].Jitter; got < 79 || got > 80 {
		t.Errorf("the jitter is reported as %d units", got)
	}
}

// TestForgottenSourcesCount holds that losses stay counted when a source makes room for another.
func TestForgottenSourcesCount(t *testing.T) {
	t.Parallel()
	var r Reception
	now := time.Now()
	for ssrc := range uint32(maxSources + 4) {
		now = now.Add(time.Second)
		r.Packet(packet(ssrc, 1, 0), 0, now)
		r.Packet(packet(ssrc, 3, 0), 0, now)
	}
	if got := r.lost(); got != maxSources+4 {
		t.Errorf("lost %d", got)
	}
	if len(r.sources) != maxSources || r.sources[0].ssrc == 0 {
		t.Errorf("%d sources are counted, the oldest is %d", len(r.sources), r.sources[0].ssrc)
	}
}

func TestTwoSources(t *testing.T) {
	t.Parallel()
	var r Reception
	now := time.Now()
	if _, known := r.Newest(); known || r.Reports(now) != nil {
		t.Error("something is known before the first packet")
	}
	for _, number := range []uint16{1, 3} {
		r.Packet(packet(7, number, 0), 0, now)
	}
	now = now.Add(time.Millisecond)
	for _, number := range []uint16{500, 501, 503} {
		r.Packet(packet(8, number, 0), 0, now)
	}
	if newest, known := r.Newest(); r.lost() != 2 || !known || newest != 8 {
		t.Errorf("lost %d, newest is %d", r.lost(), newest)
	}
	if blocks := r.Reports(now); len(blocks) != 2 {
		t.Errorf("%d sources are reported", len(blocks))
	}
	if blocks := r.Reports(now); blocks != nil {
		t.Errorf("reported again, though nothing came: %+v", blocks)
	}
}

// TestSenderReportIsEchoed checks the fields by which the party measures its round trip.
func TestSenderReportIsEchoed(t *testing.T) {
	t.Parallel()
	var r Reception
	now := time.Now()
	r.Packet(packet(7, 1, 0), 0, now)
	r.SenderReport(&rtcp.SenderReport{SSRC: 8, NTPTime: 0x1111222233334444}, now) // of somebody else
	if block := r.Reports(now)[0]; block.LastSenderReport != 0 || block.Delay != 0 {
		t.Errorf("%+v", block)
	}
	r.Packet(packet(7, 2, 0), 0, now)
	r.SenderReport(&rtcp.SenderReport{SSRC: 7, NTPTime: 0x1111222233334444}, now)
	block := r.Reports(now.Add(time.Second / 2))[0]
	if block.LastSenderReport != 0x22223333 || block.Delay != 1<<15 {
		t.Errorf("%+v", block)
	}
}

func TestCountingAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	var r Reception
	var faults Faults
	number := uint16(0)
	next := packet(7, 0, 0)
	stranger := netip.MustParseAddrPort("192.0.2.1:4000")
	if got := testing.AllocsPerRun(1000, func() {
		number++
		next.SequenceNumber = number
		r.Packet(next, 8000, time.Now())
		faults.IsFrom(stranger)
		faults.IsOfType(3)
	}); got != 0 {
		t.Errorf("%v allocations per packet", got)
	}
}
