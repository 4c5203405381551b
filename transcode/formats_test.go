package transcode

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

func pcmu(payloadType uint8) Format {
	return Format{Codec: Codec{Name: "PCMU", ClockRate: 8000, Channels: 1}, PayloadType: payloadType}
}

func pcma(payloadType uint8) Format {
	return Format{Codec: Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: payloadType}
}

func opus48(payloadType uint8, parameters string) Format {
	return Format{
		Codec:       Codec{Name: "OPUS", ClockRate: 48000, Channels: 2},
		PayloadType: payloadType, Parameters: parameters,
	}
}

func fullRate(payloadType uint8) Format {
	return Format{Codec: Codec{Name: "gsm", ClockRate: 8000}, PayloadType: payloadType}
}

func wide722(payloadType uint8) Format {
	return Format{Codec: Codec{Name: "G722", ClockRate: 8000}, PayloadType: payloadType}
}

func speexAt(clockRate uint32) Format {
	return Format{Codec: Codec{Name: "speex", ClockRate: clockRate}, PayloadType: uint8(100 + clockRate/8000)}
}

// everyFormat has all codecs; what is as faithful as Opus or better stands first.
func everyFormat() (faithful, coarse []Format) {
	return []Format{opus48(111, "useinbandfec=1"), wide722(9), pcmu(0), pcma(8)},
		[]Format{speexAt(32000), speexAt(16000), speexAt(8000), fullRate(3)}
}

// kept is a packet that a recorder keeps.
type kept struct {
	rtp.Header
	payload []byte
}

// recorder is a PacketWriter that keeps what it gets. Whoever looks at its packets waits until nothing more comes.
type recorder struct {
	mu      sync.Mutex
	packets []kept
}

// count tells how many packets came by now.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.packets)
}

func (r *recorder) WriteRTP(packet *rtp.Packet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, kept{packet.Header, append([]byte(nil), packet.Payload...)})
	return nil
}

// source makes the packets of a party that sends a tone.
type source struct {
	t       *testing.T
	format  Format
	encoder Encoder
	rate    int
	samples int // in a packet
	made    int
	next    rtp.Header
	// overtone is the frequency of a second tone in Hz, half as loud; 0 for none.
	overtone float64
	// silent leaves the tone out.
	silent bool
}

func newSource(t *testing.T, format Format, milliseconds int) *source {
	t.Helper()
	rate := SampleRate(format.Codec)
	encoder, err := NewEncoder(format, rate, EncoderOptions{Loss: 10})
	if err != nil {
		t.Fatal(err)
	}
	return &source{
		t: t, format: format, encoder: encoder, rate: rate, samples: rate * milliseconds / 1000,
		next: rtp.Header{
			Version: 2, PayloadType: format.PayloadType,
			SequenceNumber: 65530, Timestamp: math.MaxUint32 - 4000, SSRC: 1,
		},
	}
}

// rest waits until nothing is held any longer, in a synctest bubble.
func rest() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// The tone that sources send, and its peak.
const (
	toneFrequency = 1000
	toneAmplitude = 8000
)

// packet makes the next packet, at its pace in the time of a synctest bubble; the tone and the numbers run on.
func (s *source) packet() *rtp.Packet {
	s.t.Helper()
	pcm := make([]int16, s.samples)
	for i := 0; i < len(pcm) && !s.silent; i++ {
		at := 2 * math.Pi * float64(s.made+i) / float64(s.rate)
		pcm[i] = int16(toneAmplitude * (math.Sin(toneFrequency*at) + math.Sin(s.overtone*at)/2))
	}
	time.Sleep(time.Duration(s.samples) * time.Second / time.Duration(s.rate))
	s.made += s.samples
	payload := make([]byte, 1500)
	n, err := s.encoder.Encode(pcm, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	packet := &rtp.Packet{Header: s.next, Payload: payload[:n]}
	s.next.SequenceNumber++
	s.next.Timestamp += uint32(s.samples) * s.format.ClockRate / uint32(s.rate)
	return packet
}

// listen decodes packets to 8 kHz, placing each where its timestamp says; what is missing is silence. Of sound at a
// higher rate it takes every second or fourth sample: there is nothing above 4 kHz but noise, and that shall count.
func listen(t *testing.T, format Format, packets []kept) []int16 {
	t.Helper()
	rate := 8000
	if known, _ := find(format.Codec); !known.at(rate) {
		rate = SampleRate(format.Codec)
	}
	decoder, err := NewDecoder(format, rate)
	if err != nil {
		t.Fatal(err)
	}
	var heard []int16
	pcm := make([]int16, 8*960)
	for _, packet := range packets {
		n, err := decoder.Decode(packet.payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		place := int(int64(packet.Timestamp-packets[0].Timestamp) * 8000 / int64(format.ClockRate))
		if place < 0 || place > 8000*600 {
			t.Fatalf("%d s after the first packet", place/8000)
		}
		for i := 0; i < n; i += rate / 8000 {
			for len(heard) <= place {
				heard = append(heard, 0)
			}
			heard[place] = pcm[i]
			place++
		}
	}
	return heard
}

// snr gives how much of the sound, in dB over the rest, is the tone.
func snr(pcm []int16) float64 {
	var re, im, total float64
	for i, sample := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * toneFrequency * float64(i) / 8000)
		re += float64(sample) * cos
		im += float64(sample) * sin
		total += float64(sample) * float64(sample)
	}
	tone := 2 * (re*re + im*im) / float64(len(pcm))
	return 10 * math.Log10(max(tone, 1e-9)/max(total-tone, 1e-9))
}

// loudness gives the effective value of sound.
func loudness(pcm []int16) float64 {
	sum := 0.0
	for _, sample := range pcm {
		sum += float64(sample) * float64(sample)
	}
	return math.Sqrt(sum / float64(max(len(pcm), 1)))
}
