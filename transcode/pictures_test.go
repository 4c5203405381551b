//go:build video

package transcode

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
	"sipbridge/transcode/picture"
)

func avcFormat(parameters string) Format {
	return Format{Codec: Codec{Name: "H264", ClockRate: 90000}, PayloadType: 102, Parameters: parameters}
}

func vp8Format() Format {
	return Format{Codec: Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
}

// gallery collects pictures.
type gallery struct {
	mu       sync.Mutex
	assembly assembly
	frames   int
	keys     int
	largest  int
	turned   int
	types    map[uint8]bool
	single   bool // each packet of H.264 has one unit
}

func newGallery(codec picture.Codec) *gallery {
	return &gallery{assembly: newAssembly(codec), types: make(map[uint8]bool), single: true}
}

func (g *gallery) WriteRTP(packet *rtp.Packet) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.types[packet.PayloadType] = true
	g.single = g.single && payload.TypeOf(packet.Payload) < 24
	g.largest = max(g.largest, len(packet.Payload))
	if len(packet.GetExtension(orientationID)) == 1 {
		g.turned++
	}
	g.assembly.put(packet, func(whole frame) {
		g.frames++
		if whole.key {
			g.keys++
		}
	})
	return nil
}

func (g *gallery) seen() (frames, keys int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.frames, g.keys
}

// film sends a test card of a codec into a pipe, as packets, at its pace; lose leaves packets out.
func film(t *testing.T, codec picture.Codec, pipe *Pipe, count int, lose func(number int) bool) {
	t.Helper()
	size, name := "320x240", "libx264"
	arguments := []string{
		"-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-f", "h264", "-",
	}
	if codec == picture.VP8 {
		name, arguments = "libvpx", []string{"-deadline", "realtime", "-f", "ivf", "-"}
	}
	command := exec.Command("ffmpeg", append([]string{
		"-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=" + size + ":rate=30", "-frames:v", "60", "-g", "20",
		"-pix_fmt", "yuv420p", "-c:v", name, "-b:v", "500k",
	}, arguments...)...)
	stream, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	cut := &cutting{codec: codec}
	number, ssrc, payloadType := 0, rand.Uint32(), vp8Format().PayloadType
	if codec == picture.H264 {
		payloadType = avcFormat("").PayloadType
	}
	for i, data := range framesOf(codec, stream) {
		if i == count {
			break
		}
		cut.cut(data, func(content []byte, last bool) {
			number++
			packet := &rtp.Packet{Header: rtp.Header{
				Version: 2, Marker: last, PayloadType: payloadType, SequenceNumber: uint16(65500 + number),
				Timestamp: uint32(i * 3000), SSRC: ssrc,
			}, Payload: content}
			if last {
				_ = packet.SetExtension(orientationID, []byte{1})
			}
			if lose == nil || !lose(number) {
				_ = pipe.WriteRTP(packet)
			}
		})
		time.Sleep(15 * time.Millisecond) // the pace of a camera, twice as fast
	}
}

// framesOf cuts what ffmpeg wrote into pictures.
func framesOf(codec picture.Codec, stream []byte) [][]byte {
	var list [][]byte
	if codec == picture.VP8 {
		for stream = stream[32:]; len(stream) > 12; {
			size := int(stream[0]) | int(stream[1])<<8 | int(stream[2])<<16
			list = append(list, stream[12:12+size])
			stream = stream[12+size:]
		}
		return list
	}
	var units [][]byte
	flush := func() {
		if len(units) > 0 {
			list = append(list, payload.Join(nil, units))
			units = nil
		}
	}
	payload.Split(stream, func(unit []byte) {
		units = append(units, unit)
		if kind := unit[0] & 0x1f; kind == 1 || kind == 5 { // one slice each
			flush()
		}
	})
	return list
}

// TestPicturesAreConverted makes the pictures of a stream into those of the other codec: all of them, full ones at
// once when they are wanted, no packet too large, and each turned as it was.
func TestPicturesAreConverted(t *testing.T) {
	t.Parallel()
	fragments, single := avcFormat("profile-level-id=42e01f;packetization-mode=1"), avcFormat("profile-level-id=42e01f")
	for name, test := range map[string]struct {
		source, target picture.Codec
		from, to       Format
	}{
		"VP8 to H.264":             {picture.VP8, picture.H264, vp8Format(), fragments},
		"VP8 to H.264 in one unit": {picture.VP8, picture.H264, vp8Format(), single},
		"H.264 to VP8":             {picture.H264, picture.VP8, fragments, vp8Format()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, limit := newGallery(test.target), NewPictureLimit(1)
			pipe, err := Connect([]Format{test.from}, test.to, seen, ConnectOptions{Pictures: PictureOptions{Limit: limit}})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(pipe.String(), "-> decode ->") || limit.Running() != 1 || limit.Free(1) {
				t.Errorf("%s, %d run", pipe, limit.Running())
			}
			film(t, test.source, pipe, 30, nil)
			await(t, func() bool { frames, _ := seen.seen(); return frames >= 28 })
			if !pipe.WantKeyframe() || !pipe.LimitPictures(200_000) {
				t.Error("the pipe is not the one to ask")
			}
			_, before := seen.seen()
			film(t, test.source, pipe, 30, nil) // begins anew, as another source
			await(t, func() bool { _, keys := seen.seen(); return keys > before })
			pipe.Close()
			pipe.Close()
			if limit.Running() != 0 {
				t.Error("the place is not given back")
			}
			seen.mu.Lock()
			defer seen.mu.Unlock()
			if seen.largest > 1200 || !seen.types[test.to.PayloadType] || len(seen.types) != 1 || seen.turned < 28 {
				t.Errorf("largest %d, types %v, %d turned", seen.largest, seen.types, seen.turned)
			}
			if test.to == single && !seen.single {
				t.Error("there are fragments, or aggregates")
			}
			if stats := pipe.Stats(); stats.DecodeErrors != 0 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// TestWhoIsAskedForPictures: where a party may send two formats, of which one passes through, it depends on which
// it sends whether it is to be asked for full pictures, and for less of them.
func TestWhoIsAskedForPictures(t *testing.T) {
	t.Parallel()
	made, passing := avcFormat("profile-level-id=42e01f;packetization-mode=1"), vp8Format()
	made.PayloadType, passing.PayloadType = 97, 98
	pipe, err := Connect([]Format{made, passing}, vp8Format(), newGallery(picture.VP8), ConnectOptions{
		Pictures: PictureOptions{Limit: NewPictureLimit(1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for number, test := range []struct {
		payloadType uint8
		ours        bool
	}{{97, true}, {98, false}, {97, true}} {
		packet := &rtp.Packet{
			Header: rtp.Header{SequenceNumber: uint16(number), PayloadType: test.payloadType}, Payload: []byte{0x10, 2, 0, 0},
		}
		if err := pipe.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
		if keyframe, limit := pipe.WantKeyframe(), pipe.LimitPictures(200_000); keyframe != test.ours || limit != test.ours {
			t.Errorf("payload type %d: asked %t, limited %t", test.payloadType, keyframe, limit)
		}
	}
}

func await(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited too long")
		}
	}
}

// TestLostPicturesAreAskedFor shows nothing after a loss before the next full picture, and asks for one.
func TestLostPicturesAreAskedFor(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	seen := newGallery(picture.H264)
	pipe, err := Connect([]Format{vp8Format()}, avcFormat("profile-level-id=42e01f;packetization-mode=1"), seen,
		ConnectOptions{Pictures: PictureOptions{Limit: NewPictureLimit(1), AskKeyframe: func() { asked.Add(1) }}})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	film(t, picture.VP8, pipe, 60, func(number int) bool { return number == 12 })
	await(t, func() bool { _, keys := seen.seen(); return keys >= 3 })
	if frames, _ := seen.seen(); frames > 58 || asked.Load() == 0 {
		t.Errorf("%d pictures, asked %d times", frames, asked.Load())
	}
}

// TestNoPlaceForPictures refuses to convert more than is allowed.
func TestNoPlaceForPictures(t *testing.T) {
	t.Parallel()
	limit := NewPictureLimit(1)
	options := ConnectOptions{Pictures: PictureOptions{Limit: limit}}
	to := avcFormat("profile-level-id=42e01f")
	first, err := Connect([]Format{vp8Format()}, to, newGallery(picture.H264), options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Connect([]Format{vp8Format()}, to, newGallery(picture.H264), options); err == nil {
		t.Error("a second stream is converted")
	}
	first.Close()
	second, err := Connect([]Format{vp8Format()}, to, newGallery(picture.H264), options)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if limit.Refused() != 1 || limit.Running() != 0 {
		t.Errorf("%d refused, %d run", limit.Refused(), limit.Running())
	}
	if _, err = Connect([]Format{vp8Format()}, to, newGallery(picture.H264), ConnectOptions{}); err == nil {
		t.Error("converted without a limit")
	}
}
