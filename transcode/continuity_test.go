package transcode

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

// camera sends pictures over a network that loses packets, on the way to us as on the way back, and begins anew when
// it is asked to.
type camera struct {
	random *rand.Rand
	loss   int           // in percent
	delay  time.Duration // one way
	again  bool          // lost packets come again
	format Format
	pipe   *Pipe

	mu     sync.Mutex // guards what follows, and is held by who writes into the pipe
	full   bool       // the next picture is a full one
	number uint16
	asked  int
}

// ask has the camera begin anew, if what asks for it gets through.
func (c *camera) ask() {
	c.asked++
	if !c.lost() {
		time.AfterFunc(c.delay, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.full = true
		})
	}
}

func (c *camera) lost() bool { return c.random.IntN(100) < c.loss }

// film sends pictures for a time, 30 a second: five packets each, and 20 those that are full.
func (c *camera) film(length time.Duration) {
	const rate = 30
	for i := range int(length * rate / time.Second) {
		c.take(uint32(i*videoClock/rate), i == 0)
		time.Sleep(time.Second / rate)
	}
}

// take sends one picture.
func (c *camera) take(timestamp uint32, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	full, c.full = full || c.full, false
	count := 5
	if full {
		count = 20
	}
	for at := range count {
		c.send(timestamp, full, at == 0, at == count-1)
	}
}

func (c *camera) send(timestamp uint32, full, first, last bool) {
	c.number++
	packet := &rtp.Packet{
		Header: rtp.Header{
			SequenceNumber: c.number, Timestamp: timestamp, SSRC: 1, Marker: last, PayloadType: c.format.PayloadType,
		},
		Payload: c.payload(full, first, last),
	}
	switch {
	case !c.lost():
		_ = c.pipe.WriteRTP(packet)
	case c.again && !c.lost():
		time.AfterFunc(3*c.delay, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			_ = c.pipe.WriteRTP(packet)
		})
	}
}

// payload makes that of a part of a picture.
func (c *camera) payload(full, first, last bool) []byte {
	if videoCodec(c.format.Codec) == avc {
		header := byte(payload.InstantRefresh)
		if !full {
			header = 1
		}
		if first {
			header |= 0x80
		}
		if last {
			header |= 0x40
		}
		return []byte{0x7c, header, 1, 2, 3}
	}
	descriptor, predicted := byte(0), byte(1)
	if full {
		predicted = 0
	}
	if first {
		descriptor = 0x10
	}
	return []byte{descriptor, predicted, 1, 2, 3}
}

// screen shows what can be decoded of what comes: pictures of which nothing is missing, after a full one.
type screen struct {
	assembly assembly
	order    inOrder
	needs    bool // nothing can be shown before a full picture

	shown   int
	last    time.Time
	longest time.Duration // for which one picture stood
}

func (s *screen) Restart() { s.needs = true }
func (s *screen) Lose()    { s.needs = true }

func (s *screen) Play(packet *rtp.Packet) {
	s.assembly.put(packet, func(whole frame) {
		if whole.key {
			s.needs = false
		}
		if s.needs {
			return
		}
		s.shown++
		s.longest = max(s.longest, time.Since(s.last))
		s.last = time.Now()
	})
}

// WriteRTP takes a packet of the pipe.
func (s *screen) WriteRTP(packet *rtp.Packet) error {
	s.order.put(packet, time.Now(), s)
	return nil
}

// TestFreezesAreBounded loses packets of a minute of pictures, for a receiver that says nothing: full ones are asked
// for as soon as nothing can be decoded, and again if that, or they, are lost, too.
func TestFreezesAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		codec   string
		loss    int
		again   bool
		longest time.Duration
		shown   int // at least, of 1800
	}{
		{"VP8", 0, false, 40 * time.Millisecond, 1800},
		{"VP8", 5, true, time.Second, 1600},
		{"VP8", 5, false, 6 * time.Second, 150}, // hardly a full picture comes whole
		{"H264", 1, false, 1500 * time.Millisecond, 1200},
		{"H264", 5, true, time.Second, 1600},
		{"H264", 10, true, 2 * time.Second, 900},
	} {
		t.Run(fmt.Sprintf("%s, %d %%, again %t", test.codec, test.loss, test.again), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source := &camera{
					random: rand.New(rand.NewPCG(1, 2)), loss: test.loss, delay: 25 * time.Millisecond, again: test.again,
					format: videoFormat(test.codec, "packetization-mode=1"),
				}
				shown := &screen{last: time.Now(), assembly: assemblyOf(source.format)}
				var err error
				source.pipe, err = Connect([]Format{source.format}, source.format, shown, ConnectOptions{
					Pictures: PictureOptions{AskKeyframe: source.ask},
				})
				if err != nil {
					t.Fatal(err)
				}
				source.film(time.Minute)
				shown.longest = max(shown.longest, time.Since(shown.last))
				stats := source.pipe.Stats()
				t.Logf("%d pictures, longest freeze %v; asked %d times; broken for %v", shown.shown,
					shown.longest, source.asked, stats.Broken)
				if shown.longest > test.longest || shown.shown < test.shown {
					t.Errorf("%d pictures, longest freeze %v", shown.shown, shown.longest)
				}
				if test.loss == 0 && (source.asked > 0 || stats.Broken > 0) {
					t.Error("asked for a full picture though nothing was lost")
				}
				time.Sleep(time.Second) // what is on its way
			})
		})
	}
}

func assemblyOf(format Format) assembly {
	if videoCodec(format.Codec) == avc {
		return newAssembly(2)
	}
	return newAssembly(1)
}

// TestContinuity follows single packets.
func TestContinuity(t *testing.T) {
	t.Parallel()
	asked := 0
	c := newContinuity(func() { asked++ })
	start := time.Now()
	for i, step := range []struct {
		ms     int
		number uint16
		begins bool
		asked  int
	}{
		{0, 65530, true, 0},
		{10, 65532, false, 0},
		{90, 65531, false, 0}, // repaired
		{300, 65533, false, 0},
		{310, 65535, false, 0},
		{420, 0, false, 0}, // repairs may take 120 ms
		{440, 1, false, 1},
		{450, 65534, false, 1}, // too late
		{1000, 2, false, 1},
		{1100, 3, false, 2}, // asked again
		{1200, 4, true, 2},
		{2000, 5, false, 2},
		{2010, 500, false, 3}, // too much is missing
		{2020, 501, true, 3},
		{2030, 30000, false, 3}, // a stray
		{2040, 30001, false, 3}, // begins anew; asked just before
		{2700, 30002, false, 4},
	} {
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: step.number, SSRC: 1}}
		c.take(packet, step.begins, start.Add(time.Duration(step.ms)*time.Millisecond))
		if asked != step.asked {
			t.Fatalf("step %d: asked %d times, want %d", i, asked, step.asked)
		}
	}
	// From 310 to 1200 ms, and from 2010 to 2020: what begins anew has lost nothing.
	if broken := time.Duration(c.brokenFor.Load()); broken != 900*time.Millisecond {
		t.Errorf("broken for %v", broken)
	}
	for ms := range 100_000 { // nobody ever answers
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(ms), SSRC: 2}}
		c.take(packet, false, start.Add(time.Duration(3000+ms)*time.Millisecond))
	}
	if more := asked - 4; more < patientAsks+8 || more > patientAsks+15 {
		t.Errorf("asked %d times more in 100 s", more)
	}
}

// TestBrokenForGood counts as broken what never comes right again, and what does, each time once.
func TestBrokenForGood(t *testing.T) {
	t.Parallel()
	c := newContinuity(func() {})
	start := time.Now()
	for i, step := range []struct {
		ms     int
		number uint16
		begins bool
		broken int // ms
	}{
		{0, 1, false, 0}, // came in the middle
		{500, 2, false, 0},
		{600, 3, true, 0},
		{700, 5, false, 0}, // may still be repaired
		{900, 6, false, 200},
		{1000, 8, false, 300},
		{1500, 9, false, 800},
		{1600, 10, true, 900},
		{3000, 11, false, 900},
		{3100, 500, false, 900}, // too much is missing
		{9000, 501, false, 6800},
	} {
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: step.number, SSRC: 1}}
		c.take(packet, step.begins, start.Add(time.Duration(step.ms)*time.Millisecond))
		if got := time.Duration(c.brokenFor.Load()); got != time.Duration(step.broken)*time.Millisecond {
			t.Fatalf("step %d: broken for %v, want %d ms", i, got, step.broken)
		}
	}
}
