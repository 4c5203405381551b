package sound

import (
	"math"
	"testing"
	"time"

	"sipbridge/transcode/g711"
	"sipbridge/transcode/opus"
)

func TestSpeechIsLoudButNotTooLoud(t *testing.T) {
	t.Parallel()
	for _, codec := range []Codec{PCMU, Opus} {
		energy, count := 0.0, 0
		for i, sample := range speech(codec.ClockRate()) {
			if isBeep(i * packetsPerSecond / codec.ClockRate()) {
				continue
			}
			energy += float64(sample) * float64(sample)
			count++
		}
		level := 10 * math.Log10(energy/float64(count)/(32768*32768))
		if level < -35 || level > -15 {
			t.Errorf("codec %d: level %.1f dB", codec, level)
		}
	}
}

func TestStampedTellsEachDelay(t *testing.T) {
	t.Parallel()
	packets, err := PCMU.Loop(FullBand())
	if err != nil {
		t.Fatal(err)
	}
	way := NewStamped(packets)
	before := time.Now()
	payload := way.Next()
	if len(payload) != 160 {
		t.Fatalf("a payload of %d bytes", len(payload))
	}
	delay, ok := way.Arrived(payload, before.Add(time.Hour))
	if !ok || delay > time.Hour || delay < time.Hour-time.Minute {
		t.Errorf("delay %v, %v", delay, ok)
	}
	if _, ok := way.Arrived(packets[0], time.Now()); ok {
		t.Error("a payload without a time told a delay")
	}
}

func TestQualityFollowsTheAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sdp  string
		want Quality
	}{
		{"", FullBand()},
		{"a=fmtp:111 minptime=10;useinbandfec=1\r\n", FullBand()},
		{"a=fmtp:111 minptime=10; maxplaybackrate=8000\r\n", Quality{Rate: 8000, Bitrate: 12000}},
		{"m=audio 9\r\na=fmtp:111 maxplaybackrate=8000;maxaveragebitrate=20000\r\n", Quality{Rate: 8000, Bitrate: 20000}},
		{"a=fmtp:111 maxplaybackrate=48000;maxaveragebitrate=1\r\n", Quality{Rate: 48000, Bitrate: 6000}},
		{"a=fmtp:111 maxplaybackrate=x", FullBand()},
	}
	for _, test := range tests {
		if got := QualityFor(test.sdp); got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.sdp, got, test.want)
		}
	}
}

func FuzzQualityFor(f *testing.F) {
	f.Add("a=fmtp:111 maxplaybackrate=8000;maxaveragebitrate=20000\r\n")
	f.Add("a=fmtp:\n")
	f.Fuzz(func(t *testing.T, sdp string) {
		quality := QualityFor(sdp)
		if (quality.Rate != 8000 && quality.Rate != 48000) || quality.Bitrate < 6000 || quality.Bitrate > 510000 {
			t.Errorf("%q: %+v", sdp, quality)
		}
	})
}

// TestHeardHearsEachBeepInItsPacket sends through the transcoding that a bridge would do, packet by packet.
func TestHeardHearsEachBeepInItsPacket(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		from, to Codec
		quality  Quality
		bridge   func(t *testing.T) func([]byte) []byte
	}{
		{"opus to pcmu", Opus, PCMU, FullBand(), opusToPCMU},
		{"narrow opus to pcmu", Opus, PCMU, QualityFor("a=fmtp:111 maxplaybackrate=8000"), opusToPCMU},
		{"pcmu to opus", PCMU, Opus, Quality{}, pcmuToOpus},
		{"pcmu alone", PCMU, PCMU, Quality{}, untouched},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			packets, err := test.from.Loop(test.quality)
			if err != nil {
				t.Fatal(err)
			}
			way, err := NewHeard(packets, test.to)
			if err != nil {
				t.Fatal(err)
			}
			transcode := test.bridge(t)
			for i := range 2 * loopPackets {
				_, heard := way.Arrived(transcode(way.Next()), time.Now())
				if heard != beepStarts(i%loopPackets) {
					t.Errorf("packet %d of the loop: heard the begin of a beep: %v", i%loopPackets, heard)
				}
			}
		})
	}
}

func untouched(*testing.T) func([]byte) []byte { return func(packet []byte) []byte { return packet } }

func opusToPCMU(t *testing.T) func([]byte) []byte {
	t.Helper()
	decoder, err := opus.NewDecoder(g711Rate)
	if err != nil {
		t.Fatal(err)
	}
	return func(packet []byte) []byte {
		samples := make([]int16, longestPacket)
		n, err := decoder.Decode(packet, samples)
		if err != nil {
			t.Fatal(err)
		}
		codes := make([]byte, n)
		g711.MuLaw.Encode(samples[:n], codes)
		return codes
	}
}

func pcmuToOpus(t *testing.T) func([]byte) []byte {
	t.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderOptions{SampleRate: g711Rate})
	if err != nil {
		t.Fatal(err)
	}
	return func(codes []byte) []byte {
		samples := make([]int16, len(codes))
		g711.MuLaw.Decode(codes, samples)
		packet := make([]byte, largestPacket)
		n, err := encoder.Encode(samples, packet)
		if err != nil {
			t.Fatal(err)
		}
		return packet[:n]
	}
}
