//go:build video

package picture

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// noisyCard has ffmpeg encode a test card in VP8 whose every picture takes many bits.
func noisyCard(t *testing.T, count string) [][]byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "noisy.ivf")
	text, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi",
		"-i", "testsrc=size=320x240:rate=30,noise=alls=60:allf=t", "-frames:v", count,
		"-c:v", "libvpx", "-deadline", "realtime", "-b:v", "3M", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, text)
	}
	stream, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return ivf(stream)
}

// TestRatesAreLimited: of 60 pictures a second every other one is left out, and what is made of the others keeps to the
// bit rate, also to one that falls while they are made.
func TestRatesAreLimited(t *testing.T) {
	t.Parallel()
	const before, after, second = 800_000, 200_000, 60
	c, err := New(Options{From: VP8, To: H264, Bitrate: before})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var bits, pictures [4]int // in each second
	for i, picture := range noisyCard(t, "240") {
		if i == 2*second {
			c.SetBitrate(after)
		}
		out, err := c.Convert(picture, uint32(i*90000/second), false)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Data) > 0 {
			bits[i/second] += 8 * len(out.Data)
			pictures[i/second]++
		}
	}
	t.Logf("%d bits in %d pictures", bits, pictures)
	for i := range bits {
		if pictures[i] > 31 {
			t.Errorf("in second %d it made %d pictures", i, pictures[i])
		}
	}
	// The first second begins with a full picture, and in the third one the rate is being found.
	if bits[1] < before/2 || bits[1] > before*3/2 || bits[3] < after/2 || bits[3] > after*3/2 {
		t.Errorf("it made %d bits of %d, then %d of %d", bits[1], before, bits[3], after)
	}
}
