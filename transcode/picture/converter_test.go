//go:build video

package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// card has ffmpeg encode some pictures of a test card, 30 a second; of H.264 in Baseline.
func card(tb testing.TB, codec Codec, size string, count int) [][]byte {
	tb.Helper()
	return cardOf(tb, codec, "baseline", size, count)
}

// cardOf is one in a profile of H.264.
func cardOf(tb testing.TB, codec Codec, profile, size string, count int) [][]byte {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "card")
	arguments := []string{
		"-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=" + size + ":rate=30", "-frames:v", fmt.Sprint(count),
	}
	if codec == VP8 {
		arguments = append(arguments, "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-f", "ivf", file)
	} else {
		arguments = append(arguments, "-c:v", "libx264", "-profile:v", profile, "-preset", "veryfast", "-tune",
			"zerolatency", "-pix_fmt", "yuv420p", "-x264-params", "slices=1:aud=1", "-b:v", "1M", "-f", "h264", file)
	}
	if text, err := exec.Command("ffmpeg", arguments...).CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg: %v: %s", err, text)
	}
	stream, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if codec == VP8 {
		return ivf(stream)
	}
	var pictures [][]byte
	delimiter := []byte{0, 0, 0, 1, 9} // of access units
	for _, picture := range bytes.Split(stream, delimiter)[1:] {
		pictures = append(pictures, append(bytes.Clone(delimiter), picture...))
	}
	return pictures
}

func ivf(stream []byte) [][]byte {
	var pictures [][]byte
	for stream = stream[32:]; len(stream) > 12; {
		size := binary.LittleEndian.Uint32(stream)
		pictures = append(pictures, stream[12:12+size])
		stream = stream[12+size:]
	}
	return pictures
}

// likeness has ffmpeg compare what was made with the test card, in decibels of signal to noise.
func likeness(t *testing.T, codec Codec, made [][]byte, width, height int) (frames int, decibels float64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made")
	if codec == VP8 {
		file += ".ivf"
		stream := append([]byte("DKIF\x00\x00\x20\x00VP80"), make([]byte, 20)...)
		binary.LittleEndian.PutUint16(stream[12:], uint16(width))
		binary.LittleEndian.PutUint16(stream[14:], uint16(height))
		binary.LittleEndian.PutUint32(stream[16:], 30)
		binary.LittleEndian.PutUint32(stream[20:], 1)
		for i, picture := range made {
			stream = binary.LittleEndian.AppendUint32(stream, uint32(len(picture)))
			stream = binary.LittleEndian.AppendUint64(stream, uint64(i))
			stream = append(stream, picture...)
		}
		write(t, file, stream)
	} else {
		file += ".h264"
		write(t, file, bytes.Join(made, nil))
	}
	reference := fmt.Sprintf("testsrc=size=%dx%d:rate=30", width, height)
	text, err := exec.Command("ffmpeg", "-r", "30", "-i", file, "-f", "lavfi", "-i", reference, "-frames:v",
		fmt.Sprint(len(made)), "-lavfi", "[0]settb=1/30,setpts=N[a];[1]settb=1/30,setpts=N[b];[a][b]psnr=shortest=1",
		"-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, text)
	}
	i, j := bytes.LastIndex(text, []byte("average:")), bytes.LastIndex(text, []byte("frame="))
	if i < 0 || j < 0 {
		t.Fatalf("no likeness in %s", text)
	}
	_, _ = fmt.Sscanf(string(text[i:]), "average:%f", &decibels)
	_, _ = fmt.Sscanf(string(text[j:]), "frame=%d", &frames)
	return frames, decibels
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConverts converts a test card and lets ffmpeg judge what comes out. Where pictures may have another order than
// they are sent in, each comes when the next one is there.
func TestConverts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to Codec
		profile  string
		held     int
	}{
		"VP8 to H.264": {VP8, H264, "", 0}, "H.264 to VP8": {H264, VP8, "baseline", 0}, "High to VP8": {H264, VP8, "high", 1},
		"High to Baseline": {H264, H264, "high", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Options{From: test.from, To: test.to, Bitrate: 1_500_000})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var made [][]byte
			keys := 0
			for i, picture := range cardOf(t, test.from, test.profile, "320x240", 30) {
				out, err := c.Convert(picture, uint32(i*3000), i == 20)
				if err != nil {
					t.Fatalf("picture %d: %v", i, err)
				}
				if i < test.held {
					continue
				}
				if len(out.Data) > 0 {
					made = append(made, bytes.Clone(out.Data))
				}
				if out.Key {
					keys++
				}
				if (i == test.held || i == 20) != out.Key || out.Width != 320 || out.Height != 240 ||
					out.Timestamp != uint32(i-test.held)*3000 {
					t.Errorf("picture %d is %d by %d, key %t, of %d", i, out.Width, out.Height, out.Key, out.Timestamp)
				}
				if test.to == H264 && out.Key && !bytes.HasPrefix(out.Data, []byte{0, 0, 0, 1, 0x67, 66}) {
					t.Errorf("picture %d is of another profile: %x", i, out.Data[:8])
				}
			}
			frames, decibels := likeness(t, test.to, made, 320, 240)
			t.Logf("%d pictures, %d of them full, %.1f dB", frames, keys, decibels)
			if frames != 30-test.held || decibels < 25 {
				t.Errorf("%d pictures, %.1f dB", frames, decibels)
			}
		})
	}
}

// TestScalesDown makes pictures no larger than the receiver takes, and units too.
func TestScalesDown(t *testing.T) {
	t.Parallel()
	c, err := New(Options{From: VP8, To: H264, Bitrate: 500_000, Pixels: 352 * 288, UnitSize: 600})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, picture := range card(t, VP8, "1280x720", 8) {
		out, err := c.Convert(picture, uint32(i*3000), false)
		if err != nil {
			t.Fatal(err)
		}
		if out.Width*out.Height > 352*288 || out.Width*out.Height < 300*200 || out.Width%2+out.Height%2 != 0 {
			t.Errorf("made %d by %d", out.Width, out.Height)
		}
		for unit := range bytes.SplitSeq(out.Data, []byte{0, 0, 0, 1}) {
			if len(unit) > 600 {
				t.Errorf("a unit of %d octets", len(unit))
			}
		}
		c.SetBitrate(300_000)
	}
}

func TestRefusesOptions(t *testing.T) {
	t.Parallel()
	for _, options := range []Options{
		{}, {From: VP8, To: VP8, Bitrate: 1}, {From: VP8, To: 3, Bitrate: 1}, {From: VP8, To: H264},
	} {
		if c, err := New(options); !errors.Is(err, ErrConvert) {
			c.Close()
			t.Errorf("%+v: %v", options, err)
		}
	}
}

// TestTooLarge decodes nothing that would take much memory.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	vp8 := []byte{0x10, 2, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0}
	large, err := New(Options{From: VP8, To: H264, Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if _, err = large.Convert(vp8, 0, false); !errors.Is(err, ErrTooLarge) {
		t.Errorf("VP8: %v", err)
	}
	other, err := New(Options{From: H264, To: VP8, Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	picture := card(t, H264, "3840x2160", 1)[0]
	if _, err = other.Convert(picture, 0, false); !errors.Is(err, ErrTooLarge) {
		t.Errorf("H.264: %v", err)
	}
	layered := append(card(t, H264, "320x180", 1)[0], // and a layer beside it, of 3840x2160
		0, 0, 0, 1, 0x6f, 0x53, 0, 0x33, 0xac, 0x19, 0x1a, 0xa0, 0x3c, 0, 0x43, 0xe4, 0x29)
	if _, err = other.Convert(layered, 0, false); !errors.Is(err, ErrTooLarge) {
		t.Errorf("H.264 in layers: %v", err)
	}
	if _, err = other.Convert(nil, 0, false); !errors.Is(err, ErrConvert) {
		t.Errorf("nothing: %v", err)
	}
}

// FuzzConvert gives both decoders what a stranger might send, after a good picture.
func FuzzConvert(f *testing.F) {
	vp8, h264 := card(f, VP8, "64x64", 2), card(f, H264, "64x64", 2)
	f.Add(vp8[0], true)
	f.Add(vp8[1], true)
	f.Add(h264[0], false)
	f.Add(h264[1], false)
	f.Fuzz(func(t *testing.T, picture []byte, isVP8 bool) {
		options, first := Options{From: H264, To: VP8, Bitrate: 100_000}, h264[0]
		if isVP8 {
			options, first = Options{From: VP8, To: H264, Bitrate: 100_000}, vp8[0]
		}
		c, err := New(options)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err = c.Convert(first, 0, false); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if out, err := c.Convert(picture, uint32(i), i == 1); err == nil && out.Width*out.Height > MaxPixels {
				t.Errorf("%d by %d", out.Width, out.Height)
			}
		}
	})
}

// BenchmarkConvert converts a test card of 640 by 480, picture by picture.
func BenchmarkConvert(b *testing.B) {
	for name, way := range map[string]struct{ from, to Codec }{"VP8 to H264": {VP8, H264}, "H264 to VP8": {H264, VP8}} {
		b.Run(name, func(b *testing.B) {
			pictures := card(b, way.from, "640x480", 30)
			c, err := New(Options{From: way.from, To: way.to, Bitrate: 1_000_000})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			b.ResetTimer()
			for i := range b.N {
				if _, err = c.Convert(pictures[i%len(pictures)], uint32(i*3000), false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
