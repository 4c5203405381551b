package quality

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

// party is one end of a call: it says a sentence in its codec, and keeps what it hears.
type party struct {
	// format is what it says, as the other side asks for it; takes is what it asks for itself.
	format, takes transcode.Format
	rate          int // of its sound, in Hz
	// collect takes what was heard, where it does not come by itself; or nil.
	collect func()
	// send sends a packet; it is set when the call is up.
	send func(*rtp.Packet) error
	// loss is what the other side reported last of our packets, in percent, mostLoss the most that it reported.
	loss, mostLoss atomic.Int32
	// late is by how much each packet was sent too late, which is the machine's fault.
	late []time.Duration

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
	format, rate := codec.format(), transcode.SampleRate(codec.codec)
	return &party{format: format, takes: format, rate: rate, first: make(chan struct{})}
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

// say sends sound in time, packet by packet.
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
	next := time.Now()
	for at := 0; at+frame <= len(pcm); at += frame {
		if expecter, ok := encoder.(transcode.LossExpecter); ok {
			if err = expecter.ExpectLoss(int(p.loss.Load())); err != nil {
				return fmt.Errorf("%s: %w", p.format, err)
			}
		}
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
		next = next.Add(frameTime) // when it is late, it hurries after, as a sound card makes it
		time.Sleep(time.Until(next))
		p.late = append(p.late, time.Since(next))
	}
	return nil
}

// hearAll waits until as many packets of 20 ms have come as were sent, or none has for half a second: the rest is lost.
func (p *party) hearAll(sent int) {
	const patience = 500 * time.Millisecond
	before, since := -1, time.Now()
	for time.Since(since) < patience {
		if p.collect != nil {
			p.collect()
		}
		p.mu.Lock()
		came := len(p.packets)
		p.mu.Unlock()
		if came >= sent {
			return
		}
		if came != before {
			before, since = came, time.Now()
		}
		time.Sleep(frameTime)
	}
}

// inOrder gives the packets that came until now, each once.
func (p *party) inOrder() []heard {
	if p.collect != nil {
		p.collect()
	}
	p.mu.Lock()
	packets := append([]heard(nil), p.packets...)
	p.mu.Unlock()
	first := uint16(0)
	if len(packets) > 0 {
		first = packets[0].sequence
	}
	slices.SortStableFunc(packets, func(a, b heard) int {
		return int(int16(a.sequence-first)) - int(int16(b.sequence-first))
	})
	return slices.CompactFunc(packets, func(a, b heard) bool { return a.sequence == b.sequence })
}

// hears gives what came until now, as a receiver plays it that waits for all and conceals what is missing, and how many
// packets that are.
func (p *party) hears(t *testing.T) (sound []int16, missing int) {
	t.Helper()
	packets := p.inOrder()
	if len(packets) == 0 {
		t.Fatalf("in %s nothing is heard", p.format)
	}
	decoder, err := transcode.NewDecoder(p.format, p.rate)
	must(t, err)
	pcm := make([]int16, p.rate/4)
	for i, packet := range packets {
		if i > 0 {
			hole := min(int(packet.sequence-packets[i-1].sequence)-1, mostConcealed)
			missing += hole
			sound = append(sound, p.conceal(t, decoder, hole, packet.payload)...)
		}
		n, err := decoder.Decode(packet.payload, pcm)
		must(t, err)
		sound = append(sound, pcm[:n]...)
	}
	return sound, missing
}

// mostConcealed is how many packets in a row are made up for: a second.
const mostConcealed = 50

// conceal is what is heard in a hole of some packets, the last of which the next packet may have a copy of.
func (p *party) conceal(t *testing.T, decoder transcode.Decoder, missing int, next []byte) []int16 {
	t.Helper()
	var sound []int16
	pcm := make([]int16, p.rate/50)
	for left := missing; left > 0; left-- {
		var copied []byte
		if left == 1 {
			copied = next
		}
		n, err := decoder.Conceal(copied, pcm)
		must(t, err)
		sound = append(sound, pcm[:n]...)
	}
	return sound
}

// itself is the party itself, for who holds it as an end of a call.
func (p *party) itself() *party { return p }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
