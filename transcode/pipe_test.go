package transcode

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

func connect(t *testing.T, from []Format, to Format, dst PacketWriter, options ConnectOptions) *Pipe {
	t.Helper()
	pipe, err := Connect(from, to, dst, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pipe.Close)
	return pipe
}

// write writes a packet whose memory is overwritten afterwards, as a reader's buffer is.
func write(t *testing.T, to PacketWriter, packet *rtp.Packet) {
	t.Helper()
	if err := to.WriteRTP(packet); err != nil {
		t.Fatal(err)
	}
	clear(packet.Payload)
	*packet = rtp.Packet{}
}

// unbroken holds that packets are numbered one by one, with timestamps that advance by step, and gives the
// sequence number after the last.
func unbroken(t *testing.T, packets []kept, payloadType uint8, step uint32) {
	t.Helper()
	for i, packet := range packets {
		if packet.PayloadType != payloadType || packet.SSRC != packets[0].SSRC {
			t.Fatalf("packet %d: payload type %d, SSRC %d", i, packet.PayloadType, packet.SSRC)
		}
		if packet.Marker != (i == 0) {
			t.Errorf("packet %d: marker %t", i, packet.Marker)
		}
		if i == 0 {
			continue
		}
		before := packets[i-1]
		if packet.SequenceNumber != before.SequenceNumber+1 || packet.Timestamp != before.Timestamp+step {
			t.Fatalf("packet %d: sequence %d after %d, timestamp %d after %d", i,
				packet.SequenceNumber, before.SequenceNumber, packet.Timestamp, before.Timestamp)
		}
	}
}

// TestTone holds that a tone survives every way between two formats, in packets of every length.
func TestTone(t *testing.T) {
	faithful, coarse := everyFormat()
	for _, from := range faithful {
		for _, to := range faithful {
			for _, length := range []int{10, 20, 40, 60} {
				checkTone(t, from, to, length, 20)
			}
		}
	}
	for _, from := range append(coarse, faithful...) {
		for _, to := range coarse {
			checkTone(t, from, to, 20, 8)
		}
	}
	for _, from := range coarse {
		for _, to := range faithful {
			checkTone(t, from, to, 60, 8)
		}
	}
}

// checkTone sends 1.2 s of a tone one way; least is what must be left of it, in dB over the rest.
func checkTone(t *testing.T, from, to Format, length int, least float64) {
	t.Helper()
	t.Run(fmt.Sprintf("%s to %s, %d ms", from, to, length), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var out recorder
			pipe := connect(t, []Format{from}, to, &out, ConnectOptions{})
			in := newSource(t, from, length)
			for range 1200 / length {
				write(t, pipe, in.packet())
			}
			if !from.Equal(to.Codec) {
				unbroken(t, out.packets, to.PayloadType, to.ClockRate/50)
			}
			heard := listen(t, to, out.packets)
			if len(heard) != 9600 {
				t.Errorf("%d samples of 9600 came out", len(heard))
			}
			if got := snr(heard[1600:]); got < least {
				t.Errorf("the tone is %.1f dB over the rest", got)
			}
			if got := loudness(heard[1600:]) * math.Sqrt2; math.Abs(got-toneAmplitude) > 1600 {
				t.Errorf("amplitude %.0f", got)
			}
		})
	})
}

// TestThereAndBack is the sound of a phone that comes back from a browser.
func TestThereAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		back := connect(t, []Format{opus48(111, "")}, pcmu(0), &out, ConnectOptions{})
		there := connect(t, []Format{pcmu(0)}, opus48(111, ""), back, ConnectOptions{})
		in := newSource(t, pcmu(0), 20)
		for range 100 {
			write(t, there, in.packet())
		}
		unbroken(t, out.packets, 0, 160)
		if got := snr(listen(t, pcmu(0), out.packets)[1600:]); got < 20 {
			t.Errorf("the tone is %.1f dB over the rest", got)
		}
	})
}

// TestNoDelay holds that each packet leaves while it is being written.
func TestNoDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, from := range []Format{pcmu(0), opus48(111, "")} {
			var out recorder
			pipe := connect(t, []Format{from}, pcma(8), &out, ConnectOptions{})
			in := newSource(t, from, 20)
			for i := range 20 {
				write(t, pipe, in.packet())
				if len(out.packets) != i+1 {
					t.Fatalf("%s: %d packets after %d", from, len(out.packets), i+1)
				}
			}
		}
	})
}

func TestPassThrough(t *testing.T) {
	var out recorder
	pipe := connect(t, []Format{opus48(111, "stereo=1"), pcmu(0)}, opus48(96, "useinbandfec=1"), &out, ConnectOptions{})
	packet := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 111, SequenceNumber: 9, Timestamp: 70, SSRC: 5,
			CSRC: []uint32{6}, Padding: true, PaddingSize: 4,
		},
		Payload: []byte{1, 2, 3},
	}
	if err := packet.SetExtension(1, []byte{1}); err != nil {
		t.Fatal(err)
	}
	for _, sequence := range []uint16{9, 12, 11, 11} { // gaps, late packets and duplicates are not ours to judge
		packet.SequenceNumber = sequence
		if err := pipe.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
		got := out.packets[len(out.packets)-1]
		want := rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: sequence, Timestamp: 70, SSRC: 5}
		if fmt.Sprint(got.Header) != fmt.Sprint(want) || string(got.payload) != "\x01\x02\x03" {
			t.Errorf("got %+v %v", got.Header, got.payload)
		}
	}
	if packet.PayloadType != 111 || len(packet.CSRC) != 1 {
		t.Error("the source's packet was changed")
	}
	if stats := pipe.Stats(); stats.In != 4 || stats.Out != 4 {
		t.Errorf("%+v", stats)
	}
}

func TestString(t *testing.T) {
	video := Format{Codec: Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	tests := map[string]struct {
		from []Format
		to   Format
	}{
		"PCMU/8000 -> decode 8000 -> OPUS/48000/2": {[]Format{pcmu(0)}, opus48(111, "")},
		"OPUS/48000/2 -> decode 8000 -> PCMA/8000": {[]Format{opus48(111, ""), pcmu(0)}, pcma(8)},
		"PCMU/8000 -> PCMU/8000":                   {[]Format{pcmu(0)}, pcmu(0)},

		"G722/8000 -> decode 16000 -> resample 8000 -> PCMU/8000":       {[]Format{wide722(9)}, pcmu(0)},
		"PCMU/8000 -> decode 8000 -> resample 16000 -> speex/16000":     {[]Format{pcmu(0)}, speexAt(16000)},
		"speex/32000 -> decode 32000 -> resample 48000 -> OPUS/48000/2": {[]Format{speexAt(32000)}, opus48(111, "")},
		"VP8/90000 -> VP8/90000":                                        {[]Format{video}, video},
	}
	for want, test := range tests {
		if got := connect(t, test.from, test.to, &recorder{}, ConnectOptions{}).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNoPath(t *testing.T) {
	h264 := func(parameters string) Format {
		return Format{Codec: Codec{Name: "H264", ClockRate: 90000}, PayloadType: 99, Parameters: parameters}
	}
	tests := map[string]struct {
		from []Format
		to   Format
	}{
		"nothing":          {nil, pcmu(0)},
		"unknown to known": {[]Format{h264("")}, pcmu(0)},
		"known to unknown": {[]Format{pcmu(0)}, h264("")},
		"other parameters": {[]Format{h264("profile-level-id=4d001f")}, h264("profile-level-id=42e01f")},
	}
	for name, test := range tests {
		if _, err := Connect(test.from, test.to, &recorder{}, ConnectOptions{}); !errors.Is(err, ErrNoPath) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSeveralFormats holds that the payload type chooses the decoder, and others are dropped and counted.
func TestSeveralFormats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{opus48(111, ""), pcma(8), pcmu(0)}, pcmu(0), &out, ConnectOptions{})
		opus, alaw, mulaw := newSource(t, opus48(111, ""), 20), newSource(t, pcma(8), 20), newSource(t, pcmu(0), 20)
		alaw.next.SequenceNumber = opus.next.SequenceNumber + 10
		mulaw.next.SequenceNumber = opus.next.SequenceNumber + 20
		for _, in := range []*source{opus, alaw, mulaw} {
			for range 10 {
				write(t, pipe, in.packet())
			}
		}
		unknown := mulaw.packet()
		unknown.PayloadType = 77
		write(t, pipe, unknown)
		last := out.packets[len(out.packets)-1]
		if len(last.payload) != 0 {
			t.Error("a packet of an unknown payload type was sent")
		}
		write(t, pipe, mulaw.packet())
		stats := pipe.Stats()
		if stats.In != 32 || stats.Out != 31 || stats.WrongPayloadType != 1 || stats.DecodeErrors+stats.Lost != 0 {
			t.Errorf("%+v", stats)
		}
		if got := pipe.String(); got != "PCMU/8000 -> PCMU/8000" {
			t.Error(got)
		}
		if out.packets[5].SSRC == out.packets[15].SSRC {
			t.Error("the stream changed its time line and not its SSRC")
		}
	})
}

func TestPacketTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []struct {
			to   Format
			wish time.Duration
			want uint32
		}{
			{pcmu(0), 0, 160},
			{pcmu(0), 10 * time.Millisecond, 80},
			{pcmu(0), 30 * time.Millisecond, 240},
			{pcmu(0), 7 * time.Millisecond, 80},
			{pcmu(0), 15 * time.Millisecond, 80},
			{pcmu(0), 200 * time.Millisecond, 480},
			{opus48(111, ""), 60 * time.Millisecond, 2880},
			{opus48(111, ""), 30 * time.Millisecond, 960},
			{opus48(111, ""), 50 * time.Millisecond, 1920},
			{opus48(111, ""), 80 * time.Millisecond, 3840},
			{opus48(111, ""), 100 * time.Millisecond, 4800},
			{opus48(111, ""), 120 * time.Millisecond, 5760},
			{wide722(9), 0, 160},
			{wide722(9), 10 * time.Millisecond, 80},
			{wide722(9), 50 * time.Millisecond, 400},
			{speexAt(16000), 40 * time.Millisecond, 640},
			{speexAt(32000), 10 * time.Millisecond, 640},
			{fullRate(3), 60 * time.Millisecond, 480},
		}
		for _, test := range tests {
			var out recorder
			pipe := connect(t, []Format{pcma(8)}, test.to, &out, ConnectOptions{PacketTime: test.wish})
			in := newSource(t, pcma(8), 20)
			for range 30 {
				write(t, pipe, in.packet())
			}
			unbroken(t, out.packets, test.to.PayloadType, test.want)
			if got := snr(listen(t, test.to, out.packets)[1600:]); got < 8 {
				t.Errorf("%s of %v: the tone is %.1f dB over the rest", test.to, test.wish, got)
			}
		}
	})
}

func TestDecodeErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{opus48(111, "")}, pcma(8), &out, ConnectOptions{})
		in := newSource(t, opus48(111, ""), 20)
		for i := range 50 {
			packet := in.packet()
			if i%10 == 5 {
				packet.Payload = []byte{0xff, 0xff, 0xff}
			}
			write(t, pipe, packet)
		}
		unbroken(t, out.packets, 8, 160)
		if stats := pipe.Stats(); stats.DecodeErrors != 5 || stats.Out != 50 {
			t.Errorf("%+v", stats)
		}
		huge := in.packet()
		huge.Payload = make([]byte, 65000)
		write(t, connect(t, []Format{pcmu(111)}, pcma(8), &out, ConnectOptions{}), huge)
	})
}

func TestReceiverError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		dst := PacketWriterFunc(func(*rtp.Packet) error { return broken })
		for _, to := range []Format{pcmu(0), pcma(8)} {
			pipe := connect(t, []Format{pcmu(0)}, to, dst, ConnectOptions{})
			if err := pipe.WriteRTP(newSource(t, pcmu(0), 20).packet()); !errors.Is(err, broken) {
				t.Errorf("to %s: %v", to, err)
			}
		}
	})
}
