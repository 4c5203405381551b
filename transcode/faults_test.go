package transcode

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// sent is a packet of a faulty source, and how long after the one before it comes.
type sent struct {
	after  time.Duration
	packet *rtp.Packet
}

// spoken makes packets of 20 ms of the tone, at their pace.
func spoken(t *testing.T, format Format, count int) []sent {
	t.Helper()
	in := newSource(t, format, 20)
	var packets []sent
	for range count {
		packets = append(packets, sent{after: 20 * time.Millisecond, packet: in.packet()})
	}
	return packets
}

// moved has the packet at a place come so much later, behind those that were sent meanwhile.
func moved(packets []sent, at, places int) []sent {
	late := packets[at]
	late.after = 0
	rest := append([]sent(nil), packets[:at]...)
	rest = append(rest, packets[at+1:at+1+places]...)
	rest[at].after += 20 * time.Millisecond
	return append(append(rest, late), packets[at+1+places:]...)
}

// each changes packets from a place on.
func each(packets []sent, from int, change func(i int, packet *rtp.Packet)) []sent {
	for i := from; i < len(packets); i++ {
		change(i, packets[i].packet)
	}
	return packets
}

// fault is one that a source has, and what is to become of its sound.
type fault struct {
	// send makes the packets.
	send func(t *testing.T) []sent
	want PipeStats
	// out is how many packets the party gets, pause how much silence is between them.
	out   int
	pause time.Duration
}

func faults() map[string]fault {
	tone := func(t *testing.T) []sent { t.Helper(); return spoken(t, pcmu(0), 100) }
	hundred := PipeStats{In: 100, Out: 100}
	return map[string]fault{
		"none": {tone, hundred, 100, 0},
		"each packet twice": {func(t *testing.T) []sent {
			t.Helper()
			var twice []sent
			for _, one := range tone(t) {
				twice = append(twice, one, sent{0, one.packet})
			}
			return twice
		}, PipeStats{In: 200, Out: 100, Duplicates: 100}, 100, 0},
		"one 20 ms late":  {func(t *testing.T) []sent { t.Helper(); return moved(tone(t), 50, 1) }, hundred, 100, 0},
		"one 200 ms late": {func(t *testing.T) []sent { t.Helper(); return moved(tone(t), 50, 10) }, lateOne(), 100, 0},
		"one 0.9 s late":  {func(t *testing.T) []sent { t.Helper(); return moved(tone(t), 50, 45) }, lateOne(), 100, 0},
		"another SSRC": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(_ int, p *rtp.Packet) { p.SSRC = 99 })
		}, hundred, 100, 0},
		"another SSRC, and back": {func(t *testing.T) []sent {
			t.Helper()
			return each(each(tone(t), 30, func(_ int, p *rtp.Packet) { p.SSRC = 99 }), 60,
				func(_ int, p *rtp.Packet) { p.SSRC = 1 })
		}, hundred, 100, 0},
		"timestamps leap by an hour": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(_ int, p *rtp.Packet) { p.Timestamp += 3600 * 8000 })
		}, hundred, 100, 0},
		"timestamps leap back": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(_ int, p *rtp.Packet) { p.Timestamp -= 3600 * 8000 })
		}, hundred, 100, 0},
		"numbers begin anew": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(_ int, p *rtp.Packet) { p.SequenceNumber += 20000 })
		}, PipeStats{In: 100, Out: 99, Strays: 1}, 99, 20 * time.Millisecond},
		"everything begins anew": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(i int, p *rtp.Packet) {
				p.SSRC, p.SequenceNumber, p.Timestamp = 5, uint16(i), uint32(i)*160
			})
		}, hundred, 100, 0},
		"a silence of a second": {func(t *testing.T) []sent {
			t.Helper()
			packets := each(tone(t), 50, func(_ int, p *rtp.Packet) { p.Timestamp += 8000 })
			packets[50].after += time.Second
			return packets
		}, hundred, 100, time.Second},
		"another payload type of the codec": {func(t *testing.T) []sent {
			t.Helper()
			return each(tone(t), 50, func(_ int, p *rtp.Packet) { p.PayloadType = 100 })
		}, hundred, 100, 0},
		"an unknown payload type between": {func(t *testing.T) []sent {
			t.Helper()
			packets := tone(t)
			packets[50].packet.PayloadType = 77
			return packets
		}, PipeStats{In: 100, Out: 99, WrongPayloadType: 1}, 99, 20 * time.Millisecond},
	}
}

func lateOne() PipeStats {
	return PipeStats{In: 100, Out: 100, Lost: 1, Late: 1, Sound: SoundStats{Concealed: 20 * time.Millisecond}}
}

// TestFaults has sources that do what sources do, and holds what their party hears, by way of a Pipe and a Sender: one
// stream without a break in its numbers, whose timestamps go with the time, and the tone, whatever came in.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				heard, stats := hearFault(t, fault.send(t), []Format{pcmu(0), pcmu(100)}, pcma(8))
				stats.Sound = SoundStats{Concealed: stats.Sound.Concealed}
				if stats != fault.want {
					t.Errorf("%+v, want %+v", stats, fault.want)
				}
				if len(heard) != fault.out {
					t.Errorf("%d packets of %d came out", len(heard), fault.out)
				}
				checkStream(t, pcma(8), heard, fault.pause)
			})
		})
	}
}

// TestFaultsThatPass holds the same of sound that passes through, where packets that come late keep their place.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		if strings.HasSuffix(name, "late") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				heard, _ := hearFault(t, fault.send(t), []Format{pcmu(0), pcmu(100)}, pcmu(0))
				if len(heard) != fault.out {
					t.Errorf("%d packets of %d came out", len(heard), fault.out)
				}
				checkStream(t, pcmu(0), heard, fault.pause)
			})
		})
	}
}

// hearFault gives what a party gets of packets.
func hearFault(t *testing.T, packets []sent, from []Format, to Format) ([]kept, PipeStats) {
	t.Helper()
	p := newParty()
	sender := NewSender(SenderOptions{Write: p.write})
	defer sender.Close()
	sender.SetFormats([]Format{to})
	pipe := connect(t, from, to, sender, ConnectOptions{})
	for _, next := range packets {
		time.Sleep(next.after)
		if err := pipe.WriteRTP(next.packet); err != nil {
			t.Fatal(err)
		}
	}
	rest()
	return p.got(), pipe.Stats()
}

// checkStream holds numbers, timestamps and sound of a stream of G.711 with a pause in it.
func checkStream(t *testing.T, format Format, heard []kept, pause time.Duration) {
	t.Helper()
	total := time.Duration(0)
	for i, packet := range heard[1:] {
		before := heard[i]
		if packet.SSRC != before.SSRC || packet.SequenceNumber != before.SequenceNumber+1 ||
			packet.PayloadType != format.PayloadType {
			t.Fatalf("%+v after %+v", packet.Header, before.Header)
		}
		step := time.Duration(int32(packet.Timestamp-before.Timestamp)) * time.Second / 8000
		if step <= 0 {
			t.Fatalf("timestamp %d after %d", packet.Timestamp, before.Timestamp)
		}
		total += step
	}
	want := time.Duration(len(heard)-1)*20*time.Millisecond + pause
	if off := total - want; max(off, -off) > 25*time.Millisecond {
		t.Errorf("the timestamps pass %v, want %v", total, want)
	}
	for i, packet := range heard {
		got := loudness(listen(t, format, []kept{packet}))
		if got < toneAmplitude/math.Sqrt2/2 {
			t.Errorf("packet %d has an effective value of %.0f", i, got)
		}
	}
}

// TestCodecChanges has a source change its codec twice in a call, with numbers and timestamps that go on, as RFC 3264
// section 8.3.2 lets it among those that were agreed on.
func TestCodecChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		packets := spoken(t, pcmu(0), 40)
		packets = append(packets, spoken(t, wide722(9), 40)...)
		packets = append(packets, spoken(t, pcma(8), 40)...)
		packets = each(packets, 0, func(i int, p *rtp.Packet) {
			p.SequenceNumber, p.Timestamp = uint16(65500+i), uint32(i)*160
		})
		heard, stats := hearFault(t, packets, []Format{pcmu(0), wide722(9), pcma(8)}, pcma(8))
		if stats.Lost+stats.Late+stats.DecodeErrors+stats.WrongPayloadType > 0 || len(heard) < 118 {
			t.Errorf("%d packets of 120 came out, %+v", len(heard), stats)
		}
		checkStream(t, pcma(8), heard[:len(heard)-1], time.Duration(119-len(heard))*20*time.Millisecond)
	})
}

// TestOpusSilence has a source that sends next to nothing while nobody speaks (DTX, RFC 7587 section 3.1.3): what it
// leaves out is no loss, and heard as silence.
func TestOpusSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from, packets := opus48(111, "usedtx=1"), pausing(t)
		heard, stats := hearFault(t, packets, []Format{from}, pcma(8))
		if stats.Lost+stats.Late+stats.DecodeErrors > 0 || stats.Sound.Concealed > 0 || len(heard) != len(packets) {
			t.Errorf("%d packets of %d came out, %+v", len(heard), len(packets), stats)
		}
		sound := listen(t, pcma(8), heard)
		if length := len(sound) / 160; length < 299 || length > 301 {
			t.Errorf("%d frames of 300 were heard", length)
		}
		for _, second := range []struct {
			from, to int
			loud     bool
		}{{10, 100, true}, {110, 199, false}, {205, 295, true}} {
			got := loudness(sound[second.from*160 : second.to*160])
			if loud := got > toneAmplitude/3; loud != second.loud || !loud && got > 100 {
				t.Errorf("frames %d to %d have an effective value of %.0f", second.from, second.to, got)
			}
		}
	})
}

// pausing makes what an Opus source with DTX sends of two seconds of the tone, two of silence and two of the tone.
func pausing(t *testing.T) []sent {
	t.Helper()
	in := newSource(t, opus48(111, "usedtx=1"), 20)
	var packets []sent
	pause, configuration := time.Duration(0), byte(0)
	for i := range 300 {
		in.silent = i >= 100 && i < 200
		packet := in.packet()
		pause += 20 * time.Millisecond
		switch {
		case len(packet.Payload) > 0:
			configuration = packet.Payload[0] &^ 3
		case configuration > 0: // the first that would be left out is sent, without a frame, as browsers do
			packet.Payload, configuration = []byte{configuration}, 0
		default:
			in.next.SequenceNumber-- // nothing was sent
			continue
		}
		packets = append(packets, sent{after: pause, packet: packet})
		pause = 0
	}
	if len(packets) > 260 {
		t.Fatalf("the source sent %d packets of 300", len(packets))
	}
	return packets
}
