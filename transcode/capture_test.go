package transcode

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// theatre is a source with a microphone and a camera, in the time of a synctest bubble. What it does at a moment has
// the timestamps of that moment.
type theatre struct {
	began  time.Time
	sound  *Pipe
	camera *Pipe
}

const (
	// soundWay and cameraWay are how long each needs at least; of the sound most takes longer.
	soundWay, cameraWay = 30 * time.Millisecond, 80 * time.Millisecond
	// unevenness is by how much the sound comes later than it could.
	unevenness = 100 * time.Millisecond
	// clap is when it is seen and heard.
	clap = 9 * time.Second
)

// play plays for ten seconds, and tells every second what was captured when, if it tells at all. It returns right after
// that.
func (h *theatre) play(t *testing.T, reports bool) {
	t.Helper()
	type arrival struct {
		at     time.Duration
		packet rtp.Packet
		to     *Pipe
	}
	var way []arrival
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		captured := time.Duration(i) * 20 * time.Millisecond
		sound := rtp.Packet{Header: header(i, captured, 8000, 0), Payload: make([]byte, 160)}
		fill := byte(0xff)
		if captured == clap {
			fill = 0x80 // as loud as can be
		}
		for j := range sound.Payload {
			sound.Payload[j] = fill
		}
		late := time.Duration(rng.Int64N(int64(unevenness)))
		way = append(way, arrival{captured + soundWay + late, sound, h.sound})
		picture := rtp.Packet{Header: header(i, captured, videoClock, 96), Payload: []byte{0x10, 0, 0, fill}}
		way = append(way, arrival{captured + cameraWay, picture, h.camera})
	}
	slices.SortStableFunc(way, func(a, b arrival) int { return int(a.at - b.at) })
	told := time.Duration(0)
	for _, next := range way {
		time.Sleep(next.at - time.Since(h.began))
		if err := next.to.WriteRTP(&next.packet); err != nil {
			t.Fatal(err)
		}
		if passed := time.Since(h.began); reports && passed > told+time.Second {
			told = passed
			h.sound.Captured(header(0, told, 8000, 0).Timestamp, time.Now().Add(soundWay))
			h.camera.Captured(header(0, told, videoClock, 96).Timestamp, time.Now().Add(soundWay))
		}
	}
}

// header is that of a packet of what is done at a moment.
func header(number int, captured time.Duration, clock uint32, payloadType uint8) rtp.Header {
	return rtp.Header{
		Version: 2, SequenceNumber: uint16(number), SSRC: clock, PayloadType: payloadType, Marker: clock == videoClock,
		Timestamp: clock + uint32(captured.Milliseconds()*int64(clock)/1000),
	}
}

// seat is a party's end of one stream.
type seat struct {
	sender  *Sender
	clapped uint32 // the timestamp under which the clap came
}

func newSeat(t *testing.T, format Format, isClap func(payload []byte) bool) *seat {
	t.Helper()
	s := &seat{}
	s.sender = NewSender(SenderOptions{
		Pictures: format.ClockRate == videoClock,
		Write: func(header *rtp.Header, payload []byte) error {
			if isClap(payload) {
				s.clapped = header.Timestamp
			}
			return nil
		},
	})
	t.Cleanup(s.sender.Close)
	s.sender.SetFormats([]Format{format})
	return s
}

// clappedAt is when a sender report of now says that the clap was.
func (s *seat) clappedAt() time.Time {
	report := s.sender.Stats()
	ago := time.Duration(int32(report.Timestamp-s.clapped)) * time.Second / time.Duration(report.ClockRate)
	return time.Now().Add(-ago)
}

// TestSoundAndPicturesInStep holds that sender reports say of sound that was held, and decoded, and of pictures that
// pass through that they were captured together; and of who does not say when that was, when its sound came.
func TestSoundAndPicturesInStep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reports           bool
		heardAt, seenAt   time.Duration // after the clap
		microphone, heard Format
	}{
		"transcoded":     {true, soundWay, soundWay, pcmu(0), pcma(8)},
		"passed through": {true, soundWay, soundWay, pcmu(0), pcmu(0)},
		"resampled":      {true, soundWay, soundWay, pcmu(0), wide722(9)},
		"unreported":     {false, soundWay, cameraWay, pcmu(0), pcma(8)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				camera := Format{Codec: Codec{Name: "VP8", ClockRate: videoClock}, PayloadType: 96}
				sound := newSeat(t, test.heard, loud(t, test.heard))
				pictures := newSeat(t, camera, func(payload []byte) bool { return payload[3] == 0x80 })
				stage := theatre{
					began:  time.Now(),
					sound:  connect(t, []Format{test.microphone}, test.heard, sound.sender, ConnectOptions{}),
					camera: connect(t, []Format{camera}, camera, pictures.sender, ConnectOptions{}),
				}
				stage.play(t, test.reports)
				for kind, seat := range map[string]*seat{"sound": sound, "pictures": pictures} {
					want := test.heardAt
					if kind == "pictures" {
						want = test.seenAt
					}
					late := seat.clappedAt().Sub(stage.began) - clap - want
					if seat.clapped == 0 || max(late, -late) > 15*time.Millisecond {
						t.Errorf("%s: said to be captured %v off", kind, late)
					}
				}
			})
		})
	}
}

// loud tells packets of a format that are not silent.
func loud(t *testing.T, format Format) func([]byte) bool {
	t.Helper()
	decoder, err := NewDecoder(format, SampleRate(format.Codec))
	if err != nil {
		t.Fatal(err)
	}
	pcm, found := make([]int16, 4000), false
	return func(payload []byte) bool {
		n, err := decoder.Decode(payload, pcm)
		if err != nil {
			t.Error(err)
		}
		first := !found && slices.ContainsFunc(pcm[:n], func(sample int16) bool { return sample > 8000 || sample < -8000 })
		found = found || first
		return first
	}
}

// TestCaptureIsBelieved holds which captures are told on by reports, and for how long.
func TestCaptureIsBelieved(t *testing.T) {
	t.Parallel()
	s, p := newTestSender(t)
	if s.Captured(0, p.clock()) {
		t.Error("nothing was sent yet")
	}
	say(t, s, 1, 10)
	sent, first := p.clock(), p.got()[0].Timestamp
	for _, far := range []time.Duration{-3 * time.Second, time.Second, -time.Hour} {
		if s.Captured(10*160, sent.Add(far)) {
			t.Errorf("captured %v after it was sent", far)
		}
	}
	if !s.Captured(10*160, sent.Add(-100*time.Millisecond)) {
		t.Error("100 ms on its way is too long")
	}
	for _, test := range []struct {
		pass time.Duration
		want uint32
	}{{0, 800}, {time.Second, 8800}, {time.Minute, 61 * 8000}} {
		p.pass(test.pass)
		if got := s.Stats().Timestamp - first; got != test.want {
			t.Errorf("%v later the report has %d, want %d", test.pass, got, test.want)
		}
	}
	if !s.Captured(10*160, p.clock().Add(-61*time.Second)) {
		t.Error("the source is as it was")
	}
	sayAs(t, s, 1, 11, 111, 960)
	if got := s.Stats().Timestamp - p.got()[1].Timestamp; got != 0 {
		t.Errorf("what was captured by another clock counts: %d", got)
	}
	if !s.Captured(960, p.clock().Add(-100*time.Millisecond)) {
		t.Error("100 ms on its way is too long")
	}
	sayAs(t, s, 2, 10, 111, 960)
	if got := s.Stats().Timestamp - p.got()[2].Timestamp; got != 0 {
		t.Errorf("what was captured by another source counts: %d", got)
	}
}

// TestCaptureOfNextSource holds that of a source that does not say when it captures, that is guessed at once, whatever
// the one before it said.
func TestCaptureOfNextSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := newSeat(t, pcma(8), func([]byte) bool { return true })
		pipe := connect(t, []Format{pcmu(0)}, pcma(8), heard.sender, ConnectOptions{})
		for source := range uint32(2) {
			for i := range 100 {
				packet := rtp.Packet{Header: header(i, time.Duration(i)*20*time.Millisecond, 8000, 0), Payload: make([]byte, 160)}
				packet.SSRC = source
				if err := pipe.WriteRTP(&packet); err != nil {
					t.Fatal(err)
				}
				if i == 50 && source == 0 {
					pipe.Captured(packet.Timestamp, time.Now().Add(-time.Second))
				}
				time.Sleep(20 * time.Millisecond)
			}
			want := 20 * time.Millisecond
			if source == 0 {
				want += time.Second
			}
			if late := time.Since(heard.clappedAt()) - want; late.Abs() > 5*time.Millisecond {
				t.Errorf("source %d: said to be captured %v too early", source, late)
			}
		}
	})
}
