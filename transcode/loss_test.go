package transcode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/speechtest"
)

// TestLossEstimate follows reports of a party, of which each gives its fraction in 1/256.
func TestLossEstimate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		reports []uint8
		want    []int // percent after each
	}{
		"nothing is lost":     {[]uint8{0, 0}, []int{0, 0}},
		"a tenth":             {[]uint8{26, 26, 26}, []int{5, 7, 8}},
		"one bad report":      {[]uint8{128, 0, 0, 0}, []int{25, 18, 14, 10}},
		"hardly anything":     {[]uint8{1, 0, 1}, []int{0, 0, 0}},
		"all":                 {[]uint8{255, 255, 255, 255}, []int{49, 74, 87, 93}},
		"it falls and is off": {[]uint8{13, 0, 0, 0, 0}, []int{2, 1, 1, 1, 0}},
	}
	for name, test := range tests {
		var estimate lossEstimate
		for i, fraction := range test.reports {
			estimate.report(fraction)
			if got := estimate.percent(); got != test.want[i] {
				t.Errorf("%s: %d %% after report %d, want %d", name, got, i, test.want[i])
			}
		}
	}
}

// TestExpectedLossOfSwitch holds that a Switch knows what the Sender behind it knows.
func TestExpectedLossOfSwitch(t *testing.T) {
	t.Parallel()
	var way Switch
	if got := way.ExpectedLoss(); got != 0 {
		t.Errorf("%d %% are lost of nothing", got)
	}
	way.Set(&recorder{})
	if got := way.ExpectedLoss(); got != 0 {
		t.Errorf("%d %% are lost on a way that nobody knows", got)
	}
	sender := NewSender(SenderOptions{Write: newParty().write})
	defer sender.Close()
	way.Set(sender)
	sender.ReportLoss(128)
	if got := way.ExpectedLoss(); got != 25 {
		t.Errorf("%d %%, want 25", got)
	}
}

// TestExpectedLossBehindPipe holds that the source hears of the losses behind a pipe only where it is the source that
// can arm its packets.
func TestExpectedLossBehindPipe(t *testing.T) {
	t.Parallel()
	corrected := opus48(111, "useinbandfec=1")
	tests := map[string]struct {
		from, to Format
		want     int
	}{
		"Opus passes through":               {opus48(96, ""), corrected, 25},
		"nobody would read the corrections": {opus48(96, ""), opus48(111, ""), 0},
		"we encode":                         {pcmu(0), corrected, 0},
		"the codec has none":                {pcmu(0), pcmu(0), 0},
	}
	for name, test := range tests {
		sender := NewSender(SenderOptions{Write: newParty().write})
		defer sender.Close()
		sender.ReportLoss(128)
		pipe := connect(t, []Format{test.from}, test.to, sender, ConnectOptions{})
		if got := pipe.ExpectedLoss(); got != test.want {
			t.Errorf("%s: %d %%, want %d", name, got, test.want)
		}
		pipe = connect(t, []Format{test.from}, test.to, &recorder{}, ConnectOptions{})
		if got := pipe.ExpectedLoss(); got != 0 {
			t.Errorf("%s: %d %% are lost on a way that nobody knows", name, got)
		}
	}
}

// speechPackets has a sentence or two said and encoded in packets of 20 ms.
func speechPackets(t *testing.T, format Format) []*rtp.Packet {
	t.Helper()
	rate := min(SampleRate(format.Codec), 16000)
	pcm := speechtest.Say(t, "en", speechText, rate)
	encoder, err := NewEncoder(format, rate, EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var packets []*rtp.Packet
	for at := 0; at+rate/50 <= len(pcm); at += rate / 50 {
		payload := make([]byte, maxPayload)
		n, err := encoder.Encode(pcm[at:at+rate/50], payload)
		if err != nil {
			t.Fatal(err)
		}
		number := len(packets)
		packets = append(packets, &rtp.Packet{Header: rtp.Header{
			Version: 2, PayloadType: format.PayloadType, SSRC: 1,
			SequenceNumber: uint16(number), Timestamp: uint32(number) * format.ClockRate / 50,
		}, Payload: payload[:n]})
	}
	return packets
}

const speechText = "The quick brown fox jumps over the lazy dog, while five wizards mumble their warm vowels. " +
	"Would you please tell me when the evening train to the harbour leaves, and from which platform it goes?"

// TestProtectionFollowsReports sends speech to a party in Opus that loses packets, and says so or does not. What it
// hears by our own decoder is compared with what it would have heard of all packets.
func TestProtectionFollowsReports(t *testing.T) {
	t.Parallel()
	spoken := speechPackets(t, pcmu(0))
	for _, test := range []struct {
		percent int
		gain    float64 // in dB that the reports must be worth
	}{{5, 5}, {10, 5}, {20, 5}} {
		t.Run(fmt.Sprint(test.percent, " %"), func(t *testing.T) {
			t.Parallel()
			silent, told := heardOf(t, spoken, test.percent, false), heardOf(t, spoken, test.percent, true)
			t.Logf("%.1f dB over the error without reports, %.1f with", silent, told)
			if told < silent+test.gain {
				t.Errorf("reports are worth %.1f dB, want %.1f", told-silent, test.gain)
			}
		})
	}
}

// heardOf gives the signal-to-noise ratio in dB of Opus that lost some packets against the same Opus that lost none.
func heardOf(t *testing.T, spoken []*rtp.Packet, percent int, reports bool) (difference float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { difference = differenceOf(t, spoken, percent, reports) })
	return difference
}

func differenceOf(t *testing.T, spoken []*rtp.Packet, percent int, reports bool) float64 {
	t.Helper()
	to := opus48(111, "useinbandfec=1")
	p := newParty()
	p.arrived = make(chan struct{}, len(spoken))
	sender := NewSender(SenderOptions{Write: p.write, Now: p.clock})
	defer sender.Close()
	sender.SetFormats([]Format{to})
	if reports {
		for range 10 {
			sender.ReportLoss(uint8(percent * 256 / 100))
		}
	}
	pipe := connect(t, []Format{pcmu(0)}, to, sender, ConnectOptions{})
	for _, packet := range spoken {
		if err := pipe.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, uint64(percent)))
	lost := func() bool { return rng.IntN(100) < percent }
	return ratio(decoded(t, to, p.got(), func() bool { return false }), decoded(t, to, p.got(), lost))
}

// decoded gives what a Pipe makes of packets of which some are lost.
func decoded(t *testing.T, from Format, packets []kept, lost func() bool) []int16 {
	t.Helper()
	var out recorder
	pipe := connect(t, []Format{from}, pcmu(0), &out, ConnectOptions{})
	for i, packet := range packets {
		time.Sleep(20 * time.Millisecond)
		if i > 0 && i < len(packets)-4 && lost() {
			continue
		}
		if err := pipe.WriteRTP(&rtp.Packet{Header: packet.Header, Payload: packet.payload}); err != nil {
			t.Fatal(err)
		}
	}
	rest()
	return listen(t, pcmu(0), out.packets)
}

// ratio gives how much louder the wanted sound is than the difference to the other, in dB.
func ratio(wanted, got []int16) float64 {
	signal, noise := 1e-9, 1e-9
	for i := range wanted {
		difference := float64(wanted[i])
		if i < len(got) {
			difference -= float64(got[i])
		}
		signal += float64(wanted[i]) * float64(wanted[i])
		noise += difference * difference
	}
	return 10 * math.Log10(signal/noise)
}

// TestNoProtectionWithoutLoss holds that packets are not larger than they need be while nothing is reported as lost,
// and again once a loss is over.
func TestNoProtectionWithoutLoss(t *testing.T) {
	t.Parallel()
	p := newParty()
	p.arrived = make(chan struct{}, 1000)
	to := opus48(111, "useinbandfec=1")
	sender := NewSender(SenderOptions{Write: p.write, Now: p.clock})
	defer sender.Close()
	sender.SetFormats([]Format{to})
	pipe := connect(t, []Format{pcmu(0)}, to, sender, ConnectOptions{})
	spoken := speechPackets(t, pcmu(0))
	protected := func(reports ...uint8) int {
		for _, fraction := range reports {
			sender.ReportLoss(fraction)
		}
		before := len(p.got())
		for _, packet := range spoken[:50] {
			packet.SequenceNumber += 50
			packet.Timestamp += 50 * 160
			if err := pipe.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
		return copies(t, p.got()[before+1:])
	}
	if got := protected(); got > 0 {
		t.Errorf("%d packets carry copies though nothing is lost", got)
	}
	if got := protected(26, 26, 26); got < 20 {
		t.Errorf("only %d of 50 packets carry copies", got)
	}
	if got := protected(0, 0, 0, 0, 0, 0, 0, 0); got > 0 {
		t.Errorf("%d packets carry copies though the loss is over", got)
	}
}

// copies counts packets that carry a copy of the one before: SILK says so in the second bit of a mono packet
// (RFC 6716 section 4.2.4), CELT has none.
func copies(t *testing.T, packets []kept) int {
	t.Helper()
	count := 0
	for _, packet := range packets {
		const celt = 16 // the first of its configurations (RFC 6716 section 3.1, table 2)
		if len(packet.payload) < 2 || packet.payload[0]&4 != 0 {
			t.Fatalf("not a mono packet: %x", packet.payload)
		}
		if packet.payload[0]>>3 < celt && packet.payload[1]&0x40 != 0 {
			count++
		}
	}
	return count
}
