package transcode

import (
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode/red"
)

// TestRedundancyFollowsReports holds that copies are sent while a party that takes them reports losses, to no other,
// and that the encoder before the Sender need not care then.
func TestRedundancyFollowsReports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		agreed   bool
		fraction uint8 // reported, in 1/256
		copies   int
		left     int // percent that an encoder has to expect
	}{
		"nothing lost":       {true, 0, 0, 0},
		"two percent":        {true, 6, 0, 2},
		"five percent":       {true, 13, 1, 0},
		"twenty percent":     {true, 52, 2, 0},
		"half":               {true, 128, 2, 12},
		"not taken":          {false, 52, 0, 20},
		"nothing, not taken": {false, 0, 0, 0},
	}
	for name, test := range tests {
		p := newParty()
		sender := NewSender(SenderOptions{Write: p.write, Now: p.clock})
		defer sender.Close()
		sender.SetFormats([]Format{opus48(111, ""), pcmu(0)})
		if test.agreed {
			sender.SetRedundancy(63, 111)
		}
		for range 20 {
			sender.ReportLoss(test.fraction)
		}
		if left := sender.ExpectedLoss(); left != test.left {
			t.Errorf("%s: %d %% are left, want %d", name, left, test.left)
		}
		for number := range uint16(5) {
			sayAs(t, sender, 1, number, 111, uint32(number)*960)
		}
		got := p.got()
		size, payloadType := 3, uint8(111)
		if test.copies > 0 {
			size, payloadType = 1+3+test.copies*(4+3), 63
		}
		if last := got[4]; len(last.payload) != size || last.PayloadType != payloadType {
			t.Errorf("%s: payload type %d, %d bytes", name, last.PayloadType, len(last.payload))
		}
		checkCopies(t, name, got, test.copies)
		octets := 0
		for _, packet := range got {
			octets += len(packet.payload)
		}
		if stats := sender.Stats(); stats.Octets != uint64(octets) || stats.Packets != 5 {
			t.Errorf("%s: %+v, %d octets were sent", name, stats, octets)
		}
		sayAs(t, sender, 1, 5, 0, 5*960)
		if last := p.got()[5]; last.PayloadType != 0 {
			t.Errorf("%s: a payload of another type went as %d", name, last.PayloadType)
		}
	}
}

// checkCopies loses all but the first and the last packet.
func checkCopies(t *testing.T, name string, sent []kept, copies int) {
	t.Helper()
	if copies == 0 {
		return
	}
	r := red.NewReceiver()
	count := 0
	for _, packet := range []kept{sent[0], sent[len(sent)-1]} {
		given, err := r.Receive(&rtp.Packet{Header: packet.Header, Payload: packet.payload})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		count += len(given)
	}
	if count != 2+copies {
		t.Errorf("%s: %d of %d packets came back", name, count-2, copies)
	}
}

// TestRedundancyRestores has speech in Opus pass a lossy way with copies as the reports ask for, and holds what comes
// out to what came in.
func TestRedundancyRestores(t *testing.T) {
	t.Parallel()
	to := opus48(111, "useinbandfec=1")
	spoken := speechPackets(t, to)
	for _, percent := range []int{5, 10, 20} {
		p := newParty()
		p.arrived = make(chan struct{}, len(spoken))
		sender := NewSender(SenderOptions{Write: p.write, Now: p.clock})
		defer sender.Close()
		sender.SetFormats([]Format{to})
		sender.SetRedundancy(63, 111)
		for range 20 {
			sender.ReportLoss(uint8(percent * 256 / 100))
		}
		for _, packet := range spoken {
			if err := sender.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
		rng := rand.New(rand.NewPCG(2, uint64(percent)))
		lost, restored := 0, 0
		r := red.NewReceiver()
		for _, packet := range p.got() {
			if rng.IntN(100) < percent {
				lost++
				continue
			}
			given, err := r.Receive(&rtp.Packet{Header: packet.Header, Payload: packet.payload})
			if err != nil {
				t.Fatal(err)
			}
			restored += len(given) - 1
		}
		t.Logf("%d %%: %d of %d packets lost, %d restored", percent, lost, len(spoken), restored)
		if restored*20 < lost*17 {
			t.Errorf("%d %%: only %d of %d lost packets were restored", percent, restored, lost)
		}
	}
}
