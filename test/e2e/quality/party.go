package quality

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

// party is one end of a call: it says a sentence in its codec, and keeps what it hears.
type party struct {
	format transcode.Format
	rate   int // of its sound, in Hz
	// send sends a packet; it is set when the call is up.
	send func(*rtp.Packet) error

	mu      sync.Mutex
	packets []heard // guarded by mu
	first   chan struct{}
	once    sync.Once
}

// heard is a packet that came.
type heard struct {
	sequence  uint16
	timestamp uint32
	payload   []byte
}

func newParty(codec codec) *party {
	return &party{format: codec.format(), rate: transcode.SampleRate(codec.codec), first: make(chan struct{})}
}

// take keeps a packet of sound.
func (p *party) take(packet *rtp.Packet) {
	if len(packet.Payload) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packets = append(p.packets, heard{
		packet.SequenceNumber, packet.Timestamp, append([]byte(nil), packet.Payload...),
	})
	p.once.Do(func() { close(p.first) })
}

const frameTime = 20 * time.Millisecond

// say sends sound in time, packet by packet, and silence before and after it.
func (p *party) say(pcm []int16) error {
	encoder, err := transcode.NewEncoder(p.format, p.rate, transcode.EncoderOptions{})
	if err != nil {
		return fmt.Errorf("%s: %w", p.format, err)
	}
	frame := p.rate / 50
	packet := rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: true, PayloadType: p.format.PayloadType, SSRC: rand.Uint32(), Timestamp: rand.Uint32(),
		SequenceNumber: uint16(rand.Uint32()),
	}}
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for at := 0; at+frame <= len(pcm); at += frame {
		payload := make([]byte, 1500)
		n, err := encoder.Encode(pcm[at:at+frame], payload)
		if err != nil {
			return fmt.Errorf("%s: %w", p.format, err)
		}
		packet.Payload = payload[:n]
		if err = p.send(&packet); err != nil {
			return fmt.Errorf("%s: %w", p.format, err)
		}
		packet.Marker = false
		packet.SequenceNumber++
		packet.Timestamp += p.format.ClockRate / 50
		<-ticker.C
	}
	return nil
}

// hears gives what came until now, as a receiver without a jitter buffer but with the codec's concealment plays it.
func (p *party) hears(t *testing.T) []int16 {
	t.Helper()
	p.mu.Lock()
	packets := append([]heard(nil), p.packets...)
	p.mu.Unlock()
	decoder, err := transcode.NewDecoder(p.format, p.rate)
	must(t, err)
	var sound []int16
	pcm := make([]int16, p.rate/4)
	for i, packet := range packets {
		if i > 0 {
			sound = append(sound, p.hole(t, decoder, packets[i-1], packet, pcm)...)
		}
		n, err := decoder.Decode(packet.payload, pcm)
		must(t, err)
		sound = append(sound, pcm[:n]...)
	}
	return sound
}

// hole is what is heard between two packets that do not follow each other: up to a second.
func (p *party) hole(t *testing.T, decoder transcode.Decoder, before, after heard, pcm []int16) []int16 {
	t.Helper()
	missing := int(int16(after.sequence-before.sequence)) - 1
	var sound []int16
	for range min(missing, 50) {
		n, err := decoder.Conceal(nil, pcm[:p.rate/50])
		must(t, err)
		sound = append(sound, pcm[:n]...)
	}
	return sound
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
