package rates

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// path is one that carries so much and loses the rest, and a party that reports once a second what came.
type path struct {
	carries uint64 // bit/s
	reach   Reach
	now     time.Time
	octets  uint64
	highest uint32
}

// second sends at a rate for a second, in packets of 1000 octets, and gives what is passed on; 0 for no news.
func (p *path) second(sent uint64) uint64 {
	packets := uint32(sent / 8000)
	p.highest += packets
	p.octets += uint64(packets) * 1000
	p.now = p.now.Add(time.Second)
	lost := 256 * (sent - min(p.carries, sent)) / sent
	block := rtcp.ReceptionReport{LastSequenceNumber: p.highest, FractionLost: uint8(lost)}
	bitrate, news := p.reach.Reported(block, p.octets, p.now)
	if !news {
		return 0
	}
	return bitrate
}

// TestLossLowersTheRate has a sender that does as it is told find what the path carries, and more when it carries
// more.
func TestLossLowersTheRate(t *testing.T) {
	t.Parallel()
	p := &path{carries: 500_000, now: time.Now(), highest: 1<<32 - 500} // the number begins anew
	sends := uint64(2_000_000)
	run := func(seconds int) {
		for range seconds {
			if told := p.second(sends); told != 0 {
				sends = min(told, 2_500_000)
			}
		}
	}
	run(10)
	if sends < 400_000 || sends > 600_000 {
		t.Errorf("sends %d where 500000 fit", sends)
	}
	p.carries = 10_000_000
	run(30)
	if sends < 2_400_000 {
		t.Errorf("sends %d half a minute after nothing was lost any more", sends)
	}
}

// TestLossThatIsNoReason passes nothing on while little is lost, or too little was sent to say.
func TestLossThatIsNoReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sent, carries uint64 }{
		"nothing lost":   {1_000_000, 1_000_000},
		"nine of ten":    {1_000_000, 910_000},
		"a few packets":  {40_000, 10_000},
		"nothing is new": {8000, 0},
	} {
		p := &path{carries: test.carries, now: time.Now()}
		for range 4 {
			if told := p.second(test.sent); told != 0 {
				t.Errorf("%s: told %d", name, told)
			}
		}
	}
}

// TestReach gives the lower one of what a party tells and what it loses.
func TestReach(t *testing.T) {
	t.Parallel()
	p := &path{carries: 500_000, now: time.Now()}
	if told, news := p.reach.Told(900_000, p.now); !news || told != 900_000 {
		t.Errorf("told %d, %t", told, news)
	}
	p.second(1_000_000)
	if told := p.second(1_000_000); told != 750_000 { // half of it is lost
		t.Errorf("lost down to %d", told)
	}
	if told, news := p.reach.Told(300_000, p.now); !news || told != 300_000 {
		t.Errorf("told %d, %t", told, news)
	}
	p.carries = 2_000_000
	for range 20 {
		if told := p.second(300_000); told != 0 {
			t.Errorf("rises to %d", told)
		}
	}
	if told, news := p.reach.Told(2_000_000, p.now); !news || told != 2_000_000 {
		t.Errorf("told %d, %t", told, news)
	}
}
