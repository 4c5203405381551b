package transcode

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// party is the far end of a Sender: it keeps what is sent, and its clock stands still unless it is moved.
type party struct {
	mu      sync.Mutex
	packets []kept
	err     error
	now     time.Time
	// arrived gets one token for each packet.
	arrived chan struct{}
}

func newParty() *party { return &party{now: time.Unix(1e9, 0), arrived: make(chan struct{}, 1000)} }

func (p *party) write(header *rtp.Header, payload []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packets = append(p.packets, kept{*header, append([]byte(nil), payload...)})
	p.arrived <- struct{}{}
	return p.err
}

func (p *party) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *party) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *party) got() []kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]kept(nil), p.packets...)
}

// wait waits until a number of packets have arrived since the last wait.
func (p *party) wait(t *testing.T, packets int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for range packets {
		select {
		case <-p.arrived:
		case <-deadline:
			t.Fatalf("only %d packets came", len(p.got()))
		}
	}
}

// awaitKeys waits until keys have been played to their end.
func awaitKeys(t *testing.T, s *Sender, keys int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for s.Stats().Keys < uint64(keys) {
		select {
		case <-deadline:
			t.Fatalf("%+v", s.Stats())
		case <-time.After(time.Millisecond):
		}
	}
}

// newTestSender makes a Sender of PCMU 0, PCMA 8 and opus 111 with telephone-event/8000 as 101.
func newTestSender(t *testing.T) (*Sender, *party) {
	t.Helper()
	p := newParty()
	s := NewSender(SenderOptions{SSRC: 0xabcd, Write: p.write, Now: p.clock})
	s.SetFormats([]Format{pcmu(0), pcma(8), opus48(111, "")})
	s.SetTelephoneEvent(101, 8000)
	t.Cleanup(s.Close)
	return s, p
}

// say sends a packet of 20 ms of PCMU from a source.
func say(t *testing.T, s *Sender, ssrc uint32, number uint16) {
	t.Helper()
	sayAs(t, s, ssrc, number, 0, uint32(number)*160)
}

func sayAs(t *testing.T, s *Sender, ssrc uint32, number uint16, payloadType uint8, timestamp uint32) {
	t.Helper()
	err := s.WriteRTP(&rtp.Packet{
		Header: rtp.Header{
			Version: 2, SSRC: ssrc, SequenceNumber: number, Timestamp: timestamp, PayloadType: payloadType,
			CSRC: []uint32{9}, Extension: true,
		},
		Payload: []byte{byte(number), 2, 3},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// step is what a packet should be, relative to the first one.
type step struct {
	sequence  uint16
	timestamp uint32
	marker    bool
}

func expect(t *testing.T, got []kept, want ...step) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d packets were sent, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		is := step{
			got[i].SequenceNumber - got[0].SequenceNumber,
			got[i].Timestamp - got[0].Timestamp, got[i].Marker,
		}
		if is != want[i] {
			t.Errorf("packet %d: got %+v, want %+v", i, is, want[i])
		}
		if h := got[i].Header; h.SSRC != 0xabcd || h.Version != 2 || h.Extension || len(h.CSRC) > 0 {
			t.Errorf("packet %d: header %+v", i, h)
		}
	}
}

func TestSenderKeepsGapsAndPlaces(t *testing.T) {
	s, p := newTestSender(t)
	for _, number := range []uint16{65534, 65535, 2, 1, 0, 3} { // 1 and 0 come late
		sayAs(t, s, 1, number, 0, uint32(int16(number))*160)
	}
	expect(t, p.got(), step{0, 0, true}, step{1, 160, false}, step{4, 640, false},
		step{3, 480, false}, step{2, 320, false}, step{5, 800, false})
}

func TestSenderDropsDuplicatesAndStrays(t *testing.T) {
	s, p := newTestSender(t)
	for _, number := range []uint16{10, 10, 11, 9, 9, 20000, 12} {
		say(t, s, 1, number)
	}
	// Number 9 comes before the first, where the stream has no place for it.
	expect(t, p.got(), step{0, 0, true}, step{1, 160, false}, step{2, 320, false})
	if stats := s.Stats(); stats.Dropped != 4 || stats.Packets != 3 || stats.Octets != 9 {
		t.Errorf("%+v", stats)
	}
}

func TestSenderNewSource(t *testing.T) {
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	p.pass(100 * time.Millisecond)
	say(t, s, 2, 500)
	say(t, s, 2, 501)
	say(t, s, 2, 499) // of before the change
	p.pass(20 * time.Millisecond)
	say(t, s, 1, 11) // the old one is back
	expect(t, p.got(), step{0, 0, true}, step{1, 800, true}, step{2, 960, false}, step{3, 1120, true})
}

func TestSenderNewNumbering(t *testing.T) {
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	p.pass(60 * time.Millisecond)
	sayAs(t, s, 1, 40000, 0, 5)
	sayAs(t, s, 1, 40001, 0, 165)
	sayAs(t, s, 1, 40002, 0, 325)
	expect(t, p.got(), step{0, 0, true}, step{1, 480, true}, step{2, 640, false})
}

func TestSenderNewClock(t *testing.T) {
	s, p := newTestSender(t)
	sayAs(t, s, 1, 10, 0, 1000)
	p.pass(20 * time.Millisecond)
	sayAs(t, s, 1, 11, 8, 1160) // same clock
	p.pass(20 * time.Millisecond)
	sayAs(t, s, 1, 12, 111, 7) // 20 ms of the Opus clock later
	sayAs(t, s, 1, 13, 111, 967)
	expect(t, p.got(), step{0, 0, true}, step{1, 160, false}, step{2, 160 + 960, true}, step{3, 160 + 1920, false})
	if got := p.got()[1]; got.PayloadType != 8 {
		t.Errorf("payload type %d", got.PayloadType)
	}
}

func TestSenderPlaceholders(t *testing.T) {
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	for _, number := range []uint16{11, 12} {
		if err := s.WriteRTP(&rtp.Packet{Header: rtp.Header{SSRC: 1, SequenceNumber: number, PayloadType: 126}}); err != nil {
			t.Fatal(err)
		}
	}
	say(t, s, 1, 14) // 13 is lost
	say(t, s, 1, 13) // and comes late
	say(t, s, 1, 15)
	expect(t, p.got(), step{0, 0, true}, step{2, 640, false}, step{1, 480, false}, step{3, 800, false})
}

func TestSenderWrongPayloadType(t *testing.T) {
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	sayAs(t, s, 1, 11, 77, 1760)
	say(t, s, 1, 12)
	expect(t, p.got(), step{0, 0, true}, step{1, 320, true})
	if stats := s.Stats(); stats.WrongPayloadType != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestSenderSaysNothingBeforeFormats(t *testing.T) {
	p := newParty()
	s := NewSender(SenderOptions{Write: p.write})
	defer s.Close()
	say(t, s, 1, 10)
	if len(p.got()) != 0 || s.Stats().SSRC == 0 {
		t.Errorf("%v %+v", p.got(), s.Stats())
	}
}

func TestSenderEnabled(t *testing.T) {
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	s.SetEnabled(false)
	say(t, s, 1, 11)
	say(t, s, 1, 12)
	if s.SendDTMF('1', time.Second) {
		t.Error("a key was taken while we may not send")
	}
	s.SetEnabled(true)
	say(t, s, 1, 13)
	say(t, s, 1, 12)
	expect(t, p.got(), step{0, 0, true}, step{1, 480, true})
}

func TestSenderStats(t *testing.T) {
	s, p := newTestSender(t)
	p.pass(time.Second)
	say(t, s, 1, 10)
	first := p.got()[0].Timestamp
	p.pass(500 * time.Millisecond)
	if stats := s.Stats(); stats.Timestamp != first+4000 || stats.SSRC != 0xabcd {
		t.Errorf("%+v, first timestamp %d", stats, first)
	}
}

func TestSenderError(t *testing.T) {
	s, p := newTestSender(t)
	p.err = errors.New("no route to host")
	if err := s.WriteRTP(&rtp.Packet{Payload: []byte{1}}); !errors.Is(err, p.err) {
		t.Errorf("got %v", err)
	}
}
