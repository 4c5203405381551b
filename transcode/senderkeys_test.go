package transcode

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/transcode/dtmf"
)

// TestSenderKey holds that a key comes between the packets of the source in its own numbers, at the
// timestamp of the moment, and that the source then goes on without a gap in the numbers.
func TestSenderKey(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	p.wait(t, 1)
	p.pass(20 * time.Millisecond)
	if !s.SendDTMF('#', 60*time.Millisecond) {
		t.Fatal("the key was refused")
	}
	p.wait(t, 1)
	say(t, s, 1, 11) // muted by the key
	p.wait(t, 4)
	awaitKeys(t, s, 1) // it ends when its last packet has had its time
	say(t, s, 1, 18)
	say(t, s, 1, 19)
	s.Close()
	say(t, s, 1, 20)
	got := p.got()
	expect(t, got, step{0, 0, true},
		step{1, 160, true}, step{2, 160, false}, step{3, 160, false}, step{4, 160, false}, step{5, 160, false},
		step{6, 1280, true}, step{7, 1440, false})
	for _, packet := range got[1:6] {
		if packet.PayloadType != 101 {
			t.Errorf("payload type %d", packet.PayloadType)
		}
	}
	if stats := s.Stats(); stats.Muted != 2 || stats.Packets != 8 || stats.Octets != 3*3+5*4 {
		t.Errorf("%+v", stats)
	}
}

// TestSenderKeyTone holds that a key may be a tone in the sound, with silence around it.
func TestSenderKeyTone(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, p := newTestSender(t)
	say(t, s, 1, 10)
	p.wait(t, 1)
	p.pass(20 * time.Millisecond)
	pcma := Format{Codec: Codec{"PCMA", 8000, 1}, PayloadType: 8}
	s.SetTelephoneEvent(0, 0)
	s.SetKeyTones(&pcma)
	if !s.SendDTMF('5', 100*time.Millisecond) {
		t.Fatal("the key was refused")
	}
	p.wait(t, 10) // 40 ms of silence, 100 of tone, 60 of silence
	awaitKeys(t, s, 1)
	say(t, s, 1, 21)
	s.Close()
	var heard []dtmf.Key
	listener := NewKeyListener([]Format{pcma}, &counted{}, func(key dtmf.Key) { heard = append(heard, key) })
	got := p.got()
	for i, packet := range got[1:11] {
		if packet.PayloadType != 8 || len(packet.payload) != 160 || packet.Marker != (i == 0) ||
			packet.SequenceNumber != got[0].SequenceNumber+uint16(i)+1 ||
			packet.Timestamp != got[0].Timestamp+160*uint32(i+1) {
			t.Errorf("packet %d is %+v", i, packet.Header)
		}
		_ = listener.WriteRTP(&rtp.Packet{Header: packet.Header, Payload: packet.payload})
	}
	if len(heard) != 1 || heard[0].Digit != '5' {
		t.Errorf("it is heard as %v", heard)
	}
	s.SetKeyTones(nil)
	if s.SendDTMF('5', 0) {
		t.Error("a key is taken that cannot be sent")
	}
}

// TestSenderKeys holds that a receiver hears all keys in their order while the source talks.
func TestSenderKeys(t *testing.T) {
	defer goleak.VerifyNone(t)
	p := newParty()
	s := NewSender(SenderOptions{Write: p.write})
	s.SetFormats([]Format{opus48(111, "")})
	s.SetTelephoneEvent(126, 48000)
	stop := make(chan struct{})
	var talking sync.WaitGroup
	talking.Go(func() {
		for number := uint16(0); ; number++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			sayAs(t, s, 1, number, 111, uint32(number)*240)
		}
	})
	const keys = "00*D"
	for i := range keys {
		if !s.SendDTMF(keys[i], 40*time.Millisecond) {
			t.Fatalf("key %c was refused", keys[i])
		}
	}
	awaitKeys(t, s, len(keys))
	close(stop)
	talking.Wait()
	s.Close()
	var heard string
	r := dtmf.NewReceiver(48000, func(key dtmf.Key) {
		heard += string(key.Digit)
		if key.Duration != 40*time.Millisecond {
			t.Errorf("%c for %s", key.Digit, key.Duration)
		}
	})
	got := p.got()
	for i, packet := range got {
		if i > 0 && packet.SequenceNumber != got[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d: sequence %d after %d", i, packet.SequenceNumber, got[i-1].SequenceNumber)
		}
		if packet.PayloadType == 126 {
			if err := r.Receive(packet.Timestamp, packet.Marker, packet.payload, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if heard != keys {
		t.Errorf("heard %q", heard)
	}
}

func TestSenderRefusesKeys(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, _ := newTestSender(t)
	if s.SendDTMF('x', time.Second) {
		t.Error("x is a key")
	}
	taken := 0
	for s.SendDTMF('1', time.Second) {
		taken++
	}
	if taken < maxKeys || taken > maxKeys+1 {
		t.Errorf("%d keys were taken", taken)
	}
	s.SetTelephoneEvent(0, 0)
	if s.SendDTMF('1', time.Second) {
		t.Error("a party without telephone-event was sent a key")
	}
	s.Close() // in the middle of a key
	s.SetTelephoneEvent(101, 8000)
	if s.SendDTMF('1', time.Second) {
		t.Error("a key was taken after Close")
	}
	s.Close()
}

// TestSenderHoldCutsKey holds that a key is cut off when the party holds, and those that wait are forgotten.
func TestSenderHoldCutsKey(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, p := newTestSender(t)
	s.SendDTMF('1', 10*time.Second)
	s.SendDTMF('2', 10*time.Second)
	p.wait(t, 2)
	s.SetEnabled(false)
	s.playing.Wait()
	s.SetEnabled(true)
	say(t, s, 1, 1)
	if stats := s.Stats(); stats.Keys != 0 || stats.Muted != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestSenderAllocations(t *testing.T) {
	s := NewSender(SenderOptions{Write: func(*rtp.Header, []byte) error { return nil }})
	s.SetFormats([]Format{pcmu(0)})
	pipe := connect(t, []Format{pcmu(0)}, pcmu(0), s, ConnectOptions{})
	var plug Switch
	plug.Set(pipe)
	packet := &rtp.Packet{Header: rtp.Header{SSRC: 1}, Payload: make([]byte, 160)}
	if n := testing.AllocsPerRun(1000, func() {
		packet.SequenceNumber++
		packet.Timestamp += 160
		if err := plug.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
