package mix

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rate = 8000

func pcmu() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "PCMU", ClockRate: rate}}
}

// person is somebody with a tone of its own, and what it hears.
type person struct {
	t       *testing.T
	party   *Party
	hertz   float64
	tone    *dtmf.Tone
	encoder transcode.Encoder
	decoder transcode.Decoder
	packet  rtp.Packet
	heard   []int16
}

func join(t *testing.T, m *Mixer, hertz float64) *person {
	t.Helper()
	p := &person{t: t, party: m.Join(), hertz: hertz, tone: dtmf.NewTone(rate, -16, hertz)}
	t.Cleanup(p.party.Close)
	var err error
	if p.encoder, err = transcode.NewEncoder(pcmu(), rate, transcode.EncoderOptions{}); err != nil {
		t.Fatal(err)
	}
	if p.decoder, err = transcode.NewDecoder(pcmu(), rate); err != nil {
		t.Fatal(err)
	}
	if err := p.party.Agree([]transcode.Format{pcmu()}, pcmu(), transcode.PacketWriterFunc(p.hear)); err != nil {
		t.Fatal(err)
	}
	p.packet = rtp.Packet{Header: rtp.Header{Version: 2, SSRC: uint32(hertz)}, Payload: make([]byte, rate/50)}
	return p
}

func (p *person) hear(packet *rtp.Packet) error {
	pcm := make([]int16, rate/4)
	n, err := p.decoder.Decode(packet.Payload, pcm)
	p.heard = append(p.heard, pcm[:n]...)
	return err
}

func (p *person) speak() {
	p.t.Helper()
	pcm := make([]int16, len(p.packet.Payload))
	p.tone.Read(pcm)
	if _, err := p.encoder.Encode(pcm, p.packet.Payload); err != nil {
		p.t.Fatal(err)
	}
	if err := p.party.WriteRTP(&p.packet); err != nil {
		p.t.Fatal(err)
	}
	p.packet.SequenceNumber++
	p.packet.Timestamp += uint32(len(pcm))
}

// hears wants the tones of the others, and not its own.
func (p *person) hears(all ...*person) {
	p.t.Helper()
	if len(p.heard) < rate/2 {
		p.t.Fatalf("%.0f Hz hears %d samples", p.hertz, len(p.heard))
	}
	last := p.heard[len(p.heard)-rate/4:]
	for _, other := range all {
		amplitude := dtmf.Goertzel(last, rate, other.hertz)
		if loud := amplitude > dtmf.Amplitude(-16)/2; loud != (other != p) {
			p.t.Errorf("%.0f Hz hears %.0f Hz at %.0f", p.hertz, other.hertz, amplitude)
		}
	}
}

// TestMixer lets each of three hear the two others.
func TestMixer(t *testing.T) {
	t.Parallel()
	m := &Mixer{}
	all := []*person{join(t, m, 440), join(t, m, 700), join(t, m, 1100)}
	for range 60 {
		for _, each := range all {
			each.speak()
		}
		m.frame()
	}
	for _, each := range all {
		each.hears(all...)
	}
}

// TestGaps: who says nothing is missed by nobody, what comes in a burst does not wait long, and where nobody speaks
// nothing is sent.
func TestGaps(t *testing.T) {
	t.Parallel()
	m := &Mixer{}
	one, other := join(t, m, 440), join(t, m, 700)
	for range 30 {
		m.frame()
	}
	if len(one.heard) > 0 {
		t.Errorf("in a silence %d samples are sent", len(one.heard))
	}
	for range 50 {
		one.speak()
	}
	one.party.mu.Lock()
	waiting := len(one.party.waiting)
	one.party.mu.Unlock()
	if waiting > most {
		t.Errorf("%d samples wait", waiting)
	}
	for range 2 * watched {
		one.speak()
		m.frame()
	}
	if waiting := len(one.party.waiting); waiting > idle {
		t.Errorf("a burst makes %d samples wait from then on", waiting)
	}
	for range 50 {
		one.speak()
		m.frame()
	}
	other.hears(one, other)
	if len(one.heard) > 0 {
		t.Errorf("it hears itself for %d samples", len(one.heard))
	}
}

// TestLoud cuts what is too loud, and does not turn it over.
func TestLoud(t *testing.T) {
	t.Parallel()
	p, sum := &Party{}, [frameSize]int32{40000, -40000}
	var said [4]byte
	p.hears.Set(transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		copy(said[:], packet.Payload)
		return nil
	}))
	p.hear(&sum, true)
	if said != [4]byte{0x7f, 0xff, 0x80, 0x00} {
		t.Errorf("said %x", said)
	}
}

// TestRun adds in time until it is done.
func TestRun(t *testing.T) {
	t.Parallel()
	m, done, ended := &Mixer{}, make(chan struct{}), make(chan struct{})
	one, other := join(t, m, 440), join(t, m, 700)
	go func() {
		m.Run(done)
		close(ended)
	}()
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for range 50 {
		one.speak()
		<-ticker.C
	}
	close(done)
	<-ended
	one.party.Close()
	other.party.Close()
	if len(other.heard) == 0 {
		t.Error("nothing is heard")
	}
}

// TestAgree keeps what is agreed when something else cannot be.
func TestAgree(t *testing.T) {
	t.Parallel()
	m := &Mixer{}
	one, other := join(t, m, 440), join(t, m, 700)
	foreign := transcode.Format{Codec: transcode.Codec{Name: "X-FOREIGN", ClockRate: rate}}
	for _, formats := range [][2]transcode.Format{{foreign, pcmu()}, {pcmu(), foreign}} {
		if err := one.party.Agree(formats[:1], formats[1], nil); err == nil {
			t.Error("a codec that nobody knows is agreed on")
		}
	}
	for range 60 {
		one.speak()
		other.speak()
		m.frame()
	}
	one.hears(one, other)
	other.hears(one, other)
}

// TestNothingIsLetOut: what is held in formats that are no longer agreed on is let out by no timer, neither to the
// party nor to the others.
func TestNothingIsLetOut(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*person){
		"agreed anew": func(p *person) {
			dst := transcode.PacketWriterFunc(func(*rtp.Packet) error { return nil })
			if err := p.party.Agree([]transcode.Format{pcmu()}, pcmu(), dst); err != nil {
				p.t.Fatal(err)
			}
		},
		"closed": func(p *person) { p.party.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := &Mixer{}
				one, other := join(t, m, 440), join(t, m, 700)
				for range 100 { // in bursts, so that both pipes hold some
					for range 5 {
						one.speak()
						other.speak()
						m.frame()
					}
					time.Sleep(5 * frameTime)
				}
				for range 5 {
					one.speak()
					other.speak()
					m.frame()
				}
				if one.party.out.Stats().Delay == 0 || one.party.in.Stats().Delay == 0 {
					t.Fatal("nothing is held")
				}
				leave(one)
				heard, waiting := len(one.heard), len(one.party.waiting)
				time.Sleep(time.Second)
				synctest.Wait()
				if more := len(one.heard) - heard; more > 0 {
					t.Errorf("it is sent %d samples more", more)
				}
				if more := len(one.party.waiting) - waiting; more > 0 {
					t.Errorf("the others are to hear %d samples more", more)
				}
			})
		})
	}
}
