package transcode

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/red"
	"sipbridge/transcode/speechtest"
)

// lossyWay is one on which sound reaches us over a bad network.
type lossyWay struct {
	from Format
	// copies is how many payloads each packet repeats (RFC 2198), loss what the encoder of Opus is told to expect.
	copies, loss int
}

// verdict is how sound came through.
type verdict struct {
	// likeness is how much louder the sound is than its difference to what came of the same packets over a good network,
	// in dB.
	likeness float64
	// gap is the longest time in which nothing was heard though somebody spoke.
	gap time.Duration
	// concealed is how much was made up, out of all, in percent.
	concealed float64
	// middle and slow are how long half of the packets, and all but a twentieth, were on their way longer than the
	// fastest.
	middle, slow time.Duration
}

func (v verdict) String() string {
	return fmt.Sprintf("%5.1f dB, longest gap %v, %4.1f %% made up, delay p50 %v p95 %v", v.likeness, v.gap, v.concealed,
		v.middle.Round(time.Millisecond), v.slow.Round(time.Millisecond))
}

// TestSoundOverABadNetwork has speech and a tone come over a network that loses packets and delays them by up to 30 ms,
// which puts them in another order, and transcodes them. -v prints the figures of docs/performance.md.
func TestSoundOverABadNetwork(t *testing.T) {
	t.Parallel()
	sounds := map[string][]int16{
		"speech": speechtest.Say(t, "en", speechText, 8000),
		"tone":   toneOf(10 * 8000),
	}
	for _, loss := range []int{0, 5, 10, 20} {
		ways := map[string]lossyWay{
			"G.711":                {pcmu(0), 0, 0},
			"Opus":                 {opus48(111, ""), 0, loss},
			"Opus with FEC":        {opus48(111, "useinbandfec=1"), 0, loss},
			"Opus, repeated once":  {opus48(111, ""), 1, 0},
			"Opus, repeated twice": {opus48(111, ""), 2, 0},
		}
		for name, way := range ways {
			for sound, pcm := range sounds {
				t.Run(fmt.Sprintf("%02d %% %s, %s", loss, name, sound), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						got := way.carry(t, pcm, newRelay(loss, 30*time.Millisecond))
						t.Log(got)
						if sound == "speech" {
							judge(t, loss, way, got)
						}
					})
				})
			}
		}
	}
}

// judge holds the figures of speech to what may be expected.
func judge(t *testing.T, loss int, way lossyWay, got verdict) {
	t.Helper()
	if loss == 0 && (got.gap > 0 || got.concealed > 0 || got.likeness < 60) {
		t.Error("something is missing though nothing was lost")
	}
	protected := way.from.Parameters != "" || way.copies > 0
	if protected && (got.gap > 20*time.Millisecond || got.likeness < 8) {
		t.Error("protected sound came through badly")
	}
	if got.gap > 60*time.Millisecond || got.likeness < 3 {
		t.Error("the sound came through badly")
	}
	if got.slow > 70*time.Millisecond {
		t.Error("the sound comes too late")
	}
}

func toneOf(samples int) []int16 {
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = []int16{0, 5657, 8000, 5657, 0, -5657, -8000, -5657}[i%8]
	}
	return pcm
}

// carry has sound cross the network, and compares what comes out with what does over a good one.
func (w lossyWay) carry(t *testing.T, pcm []int16, network *relay) verdict {
	t.Helper()
	good, _ := w.decode(t, pcm, newRelay(0, 0))
	bad, stats := w.decode(t, pcm, network)
	wanted, heard := listen(t, pcma(8), good.packets), listen(t, pcma(8), bad.packets)
	delays := bad.delays()
	return verdict{
		likeness: ratio(wanted, heard), gap: longestGap(wanted, heard),
		concealed: 100 * stats.Sound.Concealed.Seconds() / (stats.Sound.Concealed + stats.Sound.Decoded).Seconds(),
		middle:    delays[len(delays)/2], slow: delays[len(delays)*19/20],
	}
}

// decode gives what a party in PCMA gets.
func (w lossyWay) decode(t *testing.T, pcm []int16, network *relay) (*timed, PipeStats) {
	t.Helper()
	out := &timed{}
	pipe := connect(t, []Format{w.from}, pcma(8), out, ConnectOptions{})
	to := PacketWriter(pipe)
	if w.copies > 0 {
		receiver := red.NewReceiver()
		to = PacketWriterFunc(func(packet *rtp.Packet) error {
			given, err := receiver.Receive(packet)
			for i := range given {
				err = pipe.WriteRTP(&given[i])
			}
			return err
		})
	}
	network.carry(t, w.encode(t, pcm), to)
	return out, pipe.Stats()
}

func (w lossyWay) encode(t *testing.T, pcm []int16) []*rtp.Packet {
	t.Helper()
	encoder, err := NewEncoder(w.from, 8000, EncoderOptions{Loss: w.loss})
	if err != nil {
		t.Fatal(err)
	}
	var packer red.Sender
	var packets []*rtp.Packet
	for at := 0; at+160 <= len(pcm); at += 160 {
		payload := make([]byte, maxPayload)
		n, err := encoder.Encode(pcm[at:at+160], payload)
		if err != nil {
			t.Fatal(err)
		}
		number := uint16(len(packets))
		timestamp := uint32(number) * w.from.ClockRate / 50
		payload = payload[:n]
		if w.copies > 0 {
			payload = slices.Clone(packer.Pack(w.from.PayloadType, number, timestamp, payload, w.copies))
		}
		packets = append(packets, &rtp.Packet{Header: rtp.Header{
			Version: 2, PayloadType: w.from.PayloadType, SSRC: 1, SequenceNumber: number, Timestamp: timestamp,
		}, Payload: payload})
	}
	return packets
}

// delays gives how much longer than the fastest packets were on their way, sorted.
func (r *timed) delays() []time.Duration {
	var delays []time.Duration
	for i, packet := range r.packets {
		sent := time.Duration(packet.Timestamp-r.packets[0].Timestamp) * time.Second / 8000
		delays = append(delays, r.at[i].Sub(r.at[0])-sent)
	}
	slices.Sort(delays)
	fastest := delays[0]
	for i := range delays {
		delays[i] -= fastest
	}
	return delays
}

// longestGap gives the longest time in which little is left of what should be heard.
func longestGap(wanted, heard []int16) time.Duration {
	const frame, audible = 40, 200 // 5 ms at 8 kHz; the effective value of what is well heard
	longest, current := 0, 0
	for at := 0; at+frame <= len(wanted); at += frame {
		loud, left := loudness(wanted[at:at+frame]), 0.0
		if at+frame <= len(heard) {
			left = loudness(heard[at : at+frame])
		}
		if current++; loud < audible || left > loud/10 {
			current = 0
		}
		longest = max(longest, current)
	}
	return time.Duration(longest) * 5 * time.Millisecond
}
