package stream

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/test/load/sound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a way that tells the same delay each time.
type counter struct{}

func (counter) Play([][]byte) {}

func (counter) Next() []byte { return []byte{0} }

func (counter) Arrived([]byte, time.Time) (time.Duration, bool) { return time.Millisecond, true }

func TestMeterCountsWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		arrived []uint16
		missing int
	}{
		{"all", []uint16{65534, 65535, 0, 1}, 0},
		{"a gap", []uint16{1, 2, 5}, 2},
		{"a late one", []uint16{1, 3, 2, 4}, 0},
		{"one late, one lost", []uint16{1, 4, 2, 5}, 1},
		{"one from before the window", []uint16{10, 9, 11}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			meter := &Meter{Way: counter{}}
			meter.Arrived(&rtp.Packet{Header: rtp.Header{SequenceNumber: 40000}}, time.Now())
			meter.Open()
			for _, number := range test.arrived {
				meter.Arrived(&rtp.Packet{Header: rtp.Header{SequenceNumber: number}}, time.Now())
			}
			got := meter.Close()
			meter.Arrived(&rtp.Packet{Header: rtp.Header{SequenceNumber: 40000}}, time.Now())
			if got.Received != len(test.arrived) || got.Missing != test.missing || len(got.Delays) != len(test.arrived) {
				t.Errorf("got %+v, want %d missing", got, test.missing)
			}
			if meter.Total() != uint64(len(test.arrived)+2) {
				t.Errorf("%d packets in all", meter.Total())
			}
		})
	}
}

func TestMeterTakesANewSourceForNoLoss(t *testing.T) {
	t.Parallel()
	meter := &Meter{Way: counter{}}
	meter.Open()
	meter.Arrived(&rtp.Packet{Header: rtp.Header{SequenceNumber: 1, SSRC: 1}}, time.Now())
	meter.Arrived(&rtp.Packet{Header: rtp.Header{SequenceNumber: 700, SSRC: 2}}, time.Now())
	if got := meter.Close(); got.Missing != 0 {
		t.Errorf("%d missing", got.Missing)
	}
}

func TestSenderKeepsItsClock(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	const wanted = 5
	var headers []rtp.Header
	sender := &Sender{Codec: sound.Opus, Way: counter{}, Write: func(packet *rtp.Packet) error {
		headers = append(headers, packet.Header)
		if len(headers) == wanted {
			close(done)
		}
		return nil
	}}
	var running sync.WaitGroup
	begun := time.Now()
	running.Go(func() { sender.Run(done) })
	running.Wait()
	if took := time.Since(begun); took < (wanted-1)*sound.PacketTime {
		t.Errorf("%d packets in %v", wanted, took)
	}
	for i, header := range headers[1:wanted] {
		before := headers[i]
		if header.SequenceNumber != before.SequenceNumber+1 || header.Timestamp != before.Timestamp+960 || header.Marker {
			t.Errorf("%+v follows %+v", header, before)
		}
	}
	if sender.Sent() < wanted || sender.Failed() != 0 {
		t.Errorf("sent %d, failed %d", sender.Sent(), sender.Failed())
	}
}
