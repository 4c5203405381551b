package transcode

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// withNoise is a party in G.711 that describes its silence: a second of the tone, two of silence, one of the tone.
func withNoise(t *testing.T) []sent {
	t.Helper()
	packets := spoken(t, pcmu(0), 100)
	for i := range packets {
		packets[i].packet.SequenceNumber = uint16(i)
		packets[i].packet.Timestamp = uint32(i) * 160
		if i >= 50 {
			packets[i].packet.SequenceNumber += 2
			packets[i].packet.Timestamp += 16000
		}
	}
	noise := func(number uint16, timestamp uint32, level byte) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{
			Version: 2, PayloadType: 13, SequenceNumber: number, Timestamp: timestamp, SSRC: packets[0].packet.SSRC,
		}, Payload: []byte{level}}
	}
	second := sent{after: time.Second, packet: noise(51, 50*160+8000, 50)}
	packets[50].after += time.Second - 20*time.Millisecond
	all := append([]sent(nil), packets[:50]...)
	all = append(all, sent{after: 20 * time.Millisecond, packet: noise(50, 50*160, 40)}, second)
	return append(all, packets[50:]...)
}

// toParty gives what a party gets that takes descriptions of noise, or does not.
func toParty(t *testing.T, packets []sent, from, to Format, takes bool) []kept {
	t.Helper()
	p := newParty()
	sender := NewSender(SenderOptions{Write: p.write})
	defer sender.Close()
	sender.SetFormats([]Format{to})
	sender.SetComfortNoise(takes)
	way := &Switch{}
	way.Set(sender)
	pipe := connect(t, []Format{from}, to, way, ConnectOptions{})
	for _, next := range packets {
		time.Sleep(next.after)
		if err := pipe.WriteRTP(next.packet); err != nil {
			t.Fatal(err)
		}
	}
	return p.got()
}

// TestNoiseIsHeard holds that a party in another codec hears the silence of a phone as loud as that describes it,
// without a gap, and its sound after it in time.
func TestNoiseIsHeard(t *testing.T) {
	t.Parallel()
	for _, to := range []Format{opus48(111, ""), pcma(8)} {
		synctest.Test(t, func(t *testing.T) {
			heard := toParty(t, withNoise(t), pcmu(0), to, false)
			if len(heard) < 195 || len(heard) > 201 {
				t.Errorf("%s: %d packets of 200", to, len(heard))
			}
			sound := listen(t, to, heard)
			if length := len(sound) / 160; length < 199 || length > 201 {
				t.Errorf("%s: %d frames of 200 were heard", to, length)
			}
			for _, part := range []struct {
				from, to int
				low, up  float64
			}{{5, 48, 4000, 7000}, {55, 98, 200, 450}, {105, 145, 60, 150}, {153, 195, 4000, 7000}} {
				if got := loudness(sound[part.from*160 : part.to*160]); got < part.low || got > part.up {
					t.Errorf("%s: frames %d to %d have an effective value of %.0f", to, part.from, part.to, got)
				}
			}
			for i, packet := range heard[1:] {
				if packet.SequenceNumber != heard[i].SequenceNumber+1 {
					t.Fatalf("%s: number %d after %d", to, packet.SequenceNumber, heard[i].SequenceNumber)
				}
			}
		})
	}
}

// TestNoiseIsToldOn holds that descriptions reach a party that takes them, whatever its codec of 8 kHz, and that to one
// that does not their numbers leave no gap where packets pass through.
func TestNoiseIsToldOn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		to    Format
		takes bool
		want  int // descriptions
	}{{pcmu(0), true, 2}, {pcmu(0), false, 0}, {pcma(8), true, 2}} {
		synctest.Test(t, func(t *testing.T) {
			heard := toParty(t, withNoise(t), pcmu(0), test.to, test.takes)
			if len(heard) != 100+test.want {
				t.Errorf("%s: %d packets", test.to, len(heard))
			}
			var levels []byte
			for i, packet := range heard {
				if i > 0 && packet.SequenceNumber != heard[i-1].SequenceNumber+1 {
					t.Errorf("%s: number %d after %d", test.to, packet.SequenceNumber, heard[i-1].SequenceNumber)
				}
				if packet.PayloadType == 13 {
					levels = append(levels, packet.payload...)
				}
			}
			if test.want == 2 && string(levels) != "\x28\x32" || test.want == 0 && len(levels) > 0 {
				t.Errorf("%s: levels %v", test.to, levels)
			}
			last := heard[len(heard)-1].Timestamp - heard[0].Timestamp
			if want := uint32(99*160 + 16000); last < want-160 || last > want+160 {
				t.Errorf("%s: the sound ends at %d, want %d", test.to, last, want)
			}
		})
	}
}

// TestSilenceOfOpusIsDescribed holds that a phone that takes descriptions gets them while an Opus source leaves out
// silence.
func TestSilenceOfOpusIsDescribed(t *testing.T) {
	t.Parallel()
	for takes, least := range map[bool]int{true: 3, false: 0} {
		synctest.Test(t, func(t *testing.T) {
			heard := toParty(t, pausing(t), opus48(111, "usedtx=1"), pcma(8), takes)
			described := 0
			for i, packet := range heard {
				if packet.PayloadType == 13 {
					described++
					if len(packet.payload) != 1 || packet.payload[0] < 40 {
						t.Errorf("silence is described as %v", packet.payload)
					}
				}
				if i > 0 && packet.SequenceNumber != heard[i-1].SequenceNumber+1 {
					t.Errorf("number %d after %d", packet.SequenceNumber, heard[i-1].SequenceNumber)
				}
			}
			if described < least || !takes && described > 0 {
				t.Errorf("takes descriptions %t: gets %d", takes, described)
			}
			last := heard[len(heard)-1].Timestamp - heard[0].Timestamp
			if want := uint32(299 * 160); last < want-160 || last > want+160 {
				t.Errorf("takes descriptions %t: the sound ends at %d, want %d", takes, last, want)
			}
		})
	}
}
