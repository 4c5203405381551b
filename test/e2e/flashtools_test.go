package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/tone"
)

// TestFlashTools: over RTMP, RTMPS and RTMPT, ffmpeg publishes a tone and pictures, and rtmpdump and ffmpeg play them
// until the stream ends.
func TestFlashTools(t *testing.T) {
	t.Parallel()
	plain, err := process.FreePort()
	must(t, err)
	secure, err := process.FreePort()
	must(t, err)
	running, err := service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), Users: map[string]string{userName(0): password(0)},
		Settings: map[string]map[string]any{
			"listen": {"rtmp": fmt.Sprintf("127.0.0.1:%d", plain), "rtmps": fmt.Sprintf("127.0.0.1:%d", secure)},
			"flash":  {"tunnel": true},
		},
	})
	must(t, err)
	t.Cleanup(running.Stop)
	_, web, _ := strings.Cut(running.HTTP, "//")
	folder := t.TempDir()
	var tools []*process.Process
	var files []string
	for way, host := range map[string]string{
		"rtmp": fmt.Sprintf("127.0.0.1:%d", plain), "rtmps": fmt.Sprintf("127.0.0.1:%d", secure), "rtmpt": web,
	} {
		url, file := way+"://"+host+"/live/"+way, filepath.Join(folder, way)
		tools = append(tools, publish(t, url, "-f", "lavfi", "-i", "testsrc=r=10:s=160x120", "-c:v", "libx264",
			"-profile:v", "baseline", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "10",
			"-ar", "16000", "-c:a", "libspeex", "-t", "7"))
		awaitPublished(t, running, way)
		tools = append(tools, play(t, "rtmpdump", "-q", "--live", "-r", url, "-o", file+"-dumped.flv"),
			play(t, "ffmpeg", "-v", "error", "-nostdin", "-i", url, "-c", "copy", file+"-played.flv"))
		files = append(files, file+"-dumped.flv", file+"-played.flv")
	}
	for _, tool := range tools {
		if code, err := tool.Wait(limit); err != nil || code != 0 {
			t.Errorf("%v, exit %d:\n%s", err, code, tool.Output())
		}
	}
	for _, file := range files {
		checkPlayed(t, file)
	}
}

// awaitPublished waits until the service says that it has a stream.
func awaitPublished(t *testing.T, running *service.Service, name string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !strings.Contains(running.Report(), `"stream published" name=`+name+" "); {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not published:\n%s", name, running.Report())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func play(t *testing.T, tool string, args ...string) *process.Process {
	t.Helper()
	playing, err := process.Start(process.Options{Tool: tool, Package: tool, Args: args})
	must(t, err)
	t.Cleanup(func() { playing.Stop(limit) })
	return playing
}

// checkPlayed wants the tone that was published, and pictures, all of which ffmpeg decodes.
func checkPlayed(t *testing.T, file string) {
	t.Helper()
	const rate, frameSize = 8000, 160 * 120 * 3 / 2
	decode := func(kind string, args ...string) []byte {
		out := file + "." + kind
		all := append([]string{"-v", "error", "-xerror", "-i", file}, args...)
		if said, err := exec.CommandContext(t.Context(), "ffmpeg", append(all, out)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, said)
		}
		content, err := os.ReadFile(out)
		must(t, err)
		return content
	}
	raw := decode("sound", "-vn", "-ar", "8000", "-ac", "1", "-f", "s16le")
	sound := make([]int16, len(raw)/2)
	for i := range sound {
		sound[i] = int16(uint16(raw[2*i]) | uint16(raw[2*i+1])<<8)
	}
	if share := tone.Share(sound, rate, publishedHz); len(sound) < rate || share < 0.75 {
		t.Errorf("%s has %d samples, in which the share of the tone is %.2f", file, len(sound), share)
	}
	film := decode("pictures", "-an", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo")
	if pictures := len(film) / frameSize; pictures < 10 {
		t.Errorf("%s has %d pictures", file, pictures)
	}
}
