package transcode

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

func TestLoss(t *testing.T) {
	tests := map[string]struct {
		lose func(i int) bool
		// least is the signal-to-noise ratio in dB that must be left. Opus keeps the pitch of a sine and
		// loses its phase, which costs more here than in the ear.
		least float64
		// faintest is what must be left of the tone in every 20 ms.
		faintest float64
	}{
		"every tenth":    {func(i int) bool { return i%10 == 5 }, 4, 0.2},
		"two of twenty":  {func(i int) bool { return i%20 == 5 || i%20 == 6 }, 4, 0},
		"four of thirty": {func(i int) bool { return i%30 >= 25 && i%30 < 29 }, 4, 0},
	}
	for _, from := range []Format{pcmu(0), opus48(111, "useinbandfec=1")} {
		to := pcma(8)
		for name, test := range tests {
			t.Run(from.Name+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var out recorder
					pipe := connect(t, []Format{from}, to, &out, ConnectOptions{})
					in := newSource(t, from, 20)
					lost := 0
					for i := range 200 {
						if packet := in.packet(); !test.lose(i) {
							write(t, pipe, packet)
						} else {
							lost++
						}
					}
					unbroken(t, out.packets, 8, 160)
					concealed := time.Duration(lost) * 20 * time.Millisecond
					if stats := pipe.Stats(); int(stats.Lost) != lost || stats.Sound.Concealed != concealed || stats.Out != 200 {
						t.Errorf("lost %d: %+v", lost, stats)
					}
					heard := listen(t, to, out.packets)[1600:]
					if got := snr(heard); got < test.least {
						t.Errorf("the tone is %.1f dB over the rest", got)
					}
					for at := 0; at+160 <= len(heard); at += 160 {
						if got := loudness(heard[at : at+160]); got < test.faintest*toneAmplitude/math.Sqrt2 {
							t.Errorf("20 ms at %d have an effective value of %.0f", at, got)
						}
					}
				})
			})
		}
	}
}

// TestLongLoss holds that only the beginning of a long hole is concealed, and the rest stays a gap.
func TestLongLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, from := range []Format{pcmu(0), opus48(111, "useinbandfec=1")} {
			var out recorder
			pipe := connect(t, []Format{from}, pcma(8), &out, ConnectOptions{})
			in := newSource(t, from, 20)
			for i := range 100 {
				if packet := in.packet(); i < 30 || i >= 50 {
					write(t, pipe, packet)
				}
			}
			if got := pipe.Stats(); got.Lost != 20 || got.Sound.Concealed != 120*time.Millisecond || got.Out != 86 {
				t.Errorf("%s: %+v", from, got)
			}
			after := out.packets[36]
			if !after.Marker || after.SequenceNumber != out.packets[35].SequenceNumber+1 {
				t.Errorf("%s: after the hole: %+v", from, after.Header)
			}
			if got := after.Timestamp - out.packets[0].Timestamp; got != 50*160 {
				t.Errorf("%s: sound after the hole is at %d, want %d", from, got, 50*160)
			}
		}
	})
}

// TestReorder holds that packets in the wrong order, or twice, sound as if they were right.
func TestReorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, inOrder recorder
		pipe := connect(t, []Format{pcmu(0)}, pcma(8), &out, ConnectOptions{})
		straight := connect(t, []Format{pcmu(0)}, pcma(8), &inOrder, ConnectOptions{})
		in := newSource(t, pcmu(0), 20)
		var packets []*rtp.Packet
		for range 60 {
			packet := in.packet()
			packets = append(packets, packet)
			if err := straight.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
		newest := 0
		for i := 0; i < 60; i += 3 {
			for _, j := range []int{i, i + 2, i + 1, i + 1} {
				time.Sleep(20 * time.Millisecond * time.Duration(max(j-newest, 0)))
				newest = max(j, newest)
				if err := pipe.WriteRTP(packets[j]); err != nil {
					t.Fatal(err)
				}
			}
		}
		rest()
		for i := range inOrder.packets {
			if string(inOrder.packets[i].payload) != string(out.packets[i].payload) {
				t.Fatalf("packet %d differs", i)
			}
		}
		if stats := pipe.Stats(); stats.Duplicates != 20 || stats.Sound.Concealed != 0 || stats.Out != 60 {
			t.Errorf("%+v", stats)
		}
	})
}

// TestGap holds that a silence of the source (DTX) stays a gap of the same length.
func TestGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, length := range []int{10, 20, 60} {
			var out recorder
			pipe := connect(t, []Format{opus48(111, "")}, pcmu(0), &out, ConnectOptions{})
			in := newSource(t, opus48(111, ""), length)
			count := 60 / length * 2
			for range count + 1 { // with packets of 10 ms a frame has just begun
				write(t, pipe, in.packet())
			}
			before := out.packets[len(out.packets)-1]
			sent := len(out.packets)
			in.next.Timestamp += 48 * 400
			for range count {
				write(t, pipe, in.packet())
			}
			after := out.packets[len(out.packets)-count*length/20]
			if after.SequenceNumber == before.SequenceNumber || len(out.packets) <= sent {
				t.Fatalf("%d ms: nothing after the silence", length)
			}
			sound := (count + 1) * length
			want := uint32(sound+400) * 8
			if got := after.Timestamp - out.packets[0].Timestamp; got != want || !after.Marker {
				t.Errorf("%d ms: sound after the silence is at %d, want %d; marker %t", length, got, want, after.Marker)
			}
			if pipe.Stats().Sound.Concealed != 0 {
				t.Errorf("%d ms: a silence was concealed", length)
			}
		}
	})
}

// TestTimestampsOffTheSound holds that small errors of the timestamps do no harm, and great ones begin a new time line.
func TestTimestampsOffTheSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{pcmu(0)}, pcma(8), &out, ConnectOptions{})
		in := newSource(t, pcmu(0), 20)
		for i := range 100 {
			packet := in.packet()
			packet.Timestamp += uint32(i * 37 % 31)
			write(t, pipe, packet)
		}
		unbroken(t, out.packets, 8, 160)
		for _, jump := range []uint32{1 << 31, math.MaxUint32 - 1<<30, 8000 * 3600} {
			before := out.packets[len(out.packets)-1]
			in.next.Timestamp += jump
			write(t, pipe, in.packet())
			after := out.packets[len(out.packets)-1]
			if after.SSRC == before.SSRC || !after.Marker {
				t.Errorf("jump by %d: %+v", jump, after.Header)
			}
		}
	})
}

func TestNewSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{pcmu(0)}, pcma(8), &out, ConnectOptions{})
		in := newSource(t, pcmu(0), 20)
		write(t, pipe, in.packet())
		in.next.SSRC, in.next.SequenceNumber, in.next.Timestamp = 99, 4, 1
		write(t, pipe, in.packet())
		if len(out.packets) != 2 || out.packets[0].SSRC == out.packets[1].SSRC || !out.packets[1].Marker {
			t.Errorf("%+v", out.packets)
		}
	})
}

// TestPlaceholder holds that numbers used for something else than sound are no loss.
func TestPlaceholder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{opus48(111, "")}, pcma(8), &out, ConnectOptions{})
		in := newSource(t, opus48(111, ""), 20)
		for range 10 {
			write(t, pipe, in.packet())
		}
		for range 8 { // a key
			packet := in.packet()
			packet.Payload, packet.PayloadType = nil, 126
			write(t, pipe, packet)
		}
		write(t, pipe, in.packet())
		if stats := pipe.Stats(); stats.Lost+stats.WrongPayloadType != 0 || stats.Sound.Concealed != 0 || stats.Out != 11 {
			t.Errorf("%+v", stats)
		}
		if got := out.packets[10].Timestamp - out.packets[9].Timestamp; got != 9*160 {
			t.Errorf("the sound after the key comes %d later", got)
		}
	})
}

// TestLossResampled holds that a hole is filled, and a silence stays a gap of its length, where the rate changes.
func TestLossResampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, way := range [][2]Format{
			{wide722(9), pcmu(0)}, {pcmu(0), wide722(9)}, {speexAt(16000), pcma(8)}, {speexAt(32000), opus48(111, "")},
		} {
			from, to := way[0], way[1]
			var out recorder
			pipe := connect(t, []Format{from}, to, &out, ConnectOptions{})
			in := newSource(t, from, 20)
			for i := range 50 {
				if packet := in.packet(); i != 25 {
					write(t, pipe, packet)
				}
			}
			unbroken(t, out.packets, to.PayloadType, to.ClockRate/50)
			if stats := pipe.Stats(); stats.Lost != 1 || stats.Sound.Concealed != 20*time.Millisecond || stats.Out != 50 {
				t.Errorf("%s to %s: %+v", from, to, stats)
			}
			before := out.packets[49]
			in.next.Timestamp += from.ClockRate * 2 / 5
			write(t, pipe, in.packet())
			after := out.packets[50]
			want := to.ClockRate/50 + to.ClockRate*2/5
			if got := after.Timestamp - before.Timestamp; got != want || !after.Marker {
				t.Errorf("%s to %s: sound after the silence comes %d later, want %d", from, to, got, want)
			}
		}
	})
}
