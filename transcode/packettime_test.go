package transcode

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/opus"
)

func linear() Format {
	return Format{Codec: Codec{Name: "L16", ClockRate: 16000, Channels: 1}, PayloadType: 105}
}

// TestPacketsOfEveryLength has a tone come in packets of each length that a codec may have, and go out in those of 20
// ms.
func TestPacketsOfEveryLength(t *testing.T) {
	t.Parallel()
	telephone, frames := []int{10, 20, 30, 40, 50, 60}, []int{20, 40, 60}
	tests := map[string]struct {
		from    Format
		lengths []int
		least   float64
	}{
		"PCMU":                {pcmu(0), telephone, 18},
		"PCMA":                {pcma(8), telephone, 18},
		"G722":                {wide722(9), telephone, 18},
		"L16":                 {linear(), []int{10, 20, 30, 40}, 18},
		"Opus":                {opus48(111, ""), []int{5, 10, 20, 40, 60, 80, 100, 120}, 18},
		"Speex narrow":        {speexAt(8000), frames, 8},
		"Speex wide":          {speexAt(16000), frames, 8},
		"Speex ultra-wide":    {speexAt(32000), frames, 8},
		"GSM":                 {fullRate(3), frames, 8},
		"several Speex, long": {speexAt(16000), []int{120, 240}, 8},
	}
	for name, test := range tests {
		for _, to := range []Format{pcmu(0), opus48(111, "")} {
			if test.from.Equal(to.Codec) {
				to = pcma(8)
			}
			for _, length := range test.lengths {
				t.Run(fmt.Sprintf("%s of %d ms to %s", name, length, to), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						in := newSource(t, test.from, length)
						checkLength(t, in, 1200/length, to, test.least)
					})
				})
			}
		}
	}
}

// TestShortestOpus has it come in packets of 2.5 ms, for each of which its encoder has 7 bytes.
func TestShortestOpus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := newSource(t, opus48(111, ""), 20)
		in.samples = in.rate / 400
		checkLength(t, in, 480, pcmu(0), 11)
	})
}

// checkLength sends 1.2 s of packets; least is what must be left of the tone, in dB over the rest.
func checkLength(t *testing.T, in *source, count int, to Format, least float64) {
	t.Helper()
	var out recorder
	pipe := connect(t, []Format{in.format}, to, &out, ConnectOptions{})
	for range count {
		write(t, pipe, in.packet())
	}
	unbroken(t, out.packets, to.PayloadType, to.ClockRate/50)
	if got := len(out.packets); got != 60 {
		t.Errorf("%d packets of 60 came out", got)
	}
	if got := snr(listen(t, to, out.packets)[1600:]); got < least {
		t.Errorf("the tone is %.1f dB over the rest", got)
	}
}

// TestLinear has L16 meet every other codec, both ways.
func TestLinear(t *testing.T) {
	t.Parallel()
	faithful, coarse := everyFormat()
	for _, other := range faithful {
		checkTone(t, linear(), other, 20, 18)
		checkTone(t, other, linear(), 20, 18)
	}
	for _, other := range coarse {
		checkTone(t, linear(), other, 20, 8)
		checkTone(t, other, linear(), 20, 8)
	}
}

// TestStereoIn has a browser send the tone in both channels of a stereo stream, and then in one, which is half as loud.
func TestStereoIn(t *testing.T) {
	t.Parallel()
	for _, to := range []Format{pcmu(0), wide722(9)} {
		synctest.Test(t, func(t *testing.T) {
			encoder, err := opus.NewEncoder(opus.EncoderOptions{SampleRate: opus.ClockRate, Channels: 2, Bitrate: 64000})
			if err != nil {
				t.Fatal(err)
			}
			var out recorder
			pipe := connect(t, []Format{opus48(111, "stereo=1")}, to, &out, ConnectOptions{})
			for i := range 100 {
				time.Sleep(20 * time.Millisecond)
				pcm := make([]int16, 2*960)
				for j := range 960 {
					pcm[2*j] = int16(toneAmplitude * math.Sin(2*math.Pi*toneFrequency*float64(960*i+j)/opus.ClockRate))
					if i < 50 {
						pcm[2*j+1] = pcm[2*j]
					}
				}
				payload := make([]byte, 1500)
				n, err := encoder.Encode(pcm, payload)
				if err != nil {
					t.Fatal(err)
				}
				header := rtp.Header{Version: 2, PayloadType: 111, SequenceNumber: uint16(i), Timestamp: uint32(960 * i), SSRC: 1}
				write(t, pipe, &rtp.Packet{Header: header, Payload: payload[:n]})
			}
			heard := listen(t, to, out.packets)
			for name, part := range map[string][]int16{"both": heard[1600:7200], "one": heard[9600:15200]} {
				loud := loudness(part) * math.Sqrt2 / toneAmplitude
				want := map[string]float64{"both": 1, "one": 0.5}[name]
				if got := snr(part); got < 18 || math.Abs(loud-want) > 0.1 {
					t.Errorf("%s to %s: %.1f dB over the rest, %.2f as loud", name, to, got, loud)
				}
			}
		})
	}
}
