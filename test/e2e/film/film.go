// Package film is the eyes and the camera of a scripted phone: ffmpeg decodes the pictures that come over RTP and
// counts them, and sends a test card.
package film

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// Options says what the phone has of pictures.
type Options struct {
	// Codec is VP8 or H264.
	Codec string
	// PayloadType is the codec's number on the wire.
	PayloadType int
	// SetsApart has the parameter sets of H.264 only in the SDP, never in the stream.
	SetsApart bool
	// Single has H.264 in single NAL units alone, both ways (packetization-mode 0).
	Single bool
	// PacketSize is the largest packet that is sent, in bytes. Default: ffmpeg's, 1472.
	PacketSize int
	// Dir takes the files; it must be the phone's own.
	Dir string
}

// Film is the pictures of one phone.
type Film struct {
	// Port is where RTP is expected; that of RTCP is the next one.
	Port int
	// Lines are the phone's section of the SDP.
	Lines []string

	options Options
	eyes    *process.Process
	camera  *process.Process
}

// ErrFilm is what went wrong.
var ErrFilm = errors.New("ffmpeg")

// mode is the packetization-mode.
func (o Options) mode() int {
	if o.Single {
		return 0
	}
	return 1
}

// Start begins to look.
func Start(options Options) (*Film, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	f := &Film{Port: port, options: options}
	f.Lines = []string{
		fmt.Sprintf("m=video %d RTP/AVP %d", port, options.PayloadType),
		fmt.Sprintf("a=rtpmap:%d %s/90000", options.PayloadType, options.Codec),
	}
	if options.Codec == "H264" {
		fmtp := fmt.Sprintf("a=fmtp:%d profile-level-id=42c01f;packetization-mode=%d", options.PayloadType, options.mode())
		if options.SetsApart {
			sets, failed := f.parameterSets()
			if failed != nil {
				return nil, failed
			}
			fmtp += ";sprop-parameter-sets=" + sets
		}
		f.Lines = append(f.Lines, fmtp)
	}
	description := "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n" + strings.Join(f.Lines, "\n") + "\n"
	file := filepath.Join(options.Dir, "eyes.sdp")
	if err = os.WriteFile(file, []byte(description), 0o600); err != nil {
		return nil, fmt.Errorf("ffmpeg's files: %w", err)
	}
	f.eyes, err = process.Start(process.Options{
		Tool: "ffmpeg", Package: "ffmpeg", Dir: options.Dir, Args: []string{
			"-nostdin", "-nostats", "-protocol_whitelist", "file,udp,rtp", "-reorder_queue_size", "50",
			"-analyzeduration", "500000", "-probesize", "50000",
			"-i", file, "-vf", "showinfo=checksum=0", "-f", "null", "-progress", "pipe:1", "-",
		},
	})
	if err != nil {
		return nil, err
	}
	if err = f.awaitEyes(); err != nil {
		f.Stop()
		return nil, err
	}
	return f, nil
}

// startLimit is generous: the cores may be busy with other tests.
const startLimit = 30 * time.Second

// awaitEyes waits until ffmpeg has bound its port. It asks for no full picture, so it must not miss the first one.
func (f *Film) awaitEyes() error {
	bound := fmt.Sprintf(":%04X ", f.Port)
	for deadline := time.Now().Add(startLimit); ; {
		sockets, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			return fmt.Errorf("ffmpeg's port: %w", err)
		}
		if strings.Contains(string(sockets), bound) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: port %d is not bound after %v: %s", ErrFilm, f.Port, startLimit, f.eyes.Output())
		}
		time.Sleep(20 * time.Millisecond) // it prints nothing when it begins to listen
	}
}

// encoding are the arguments by which a test card is encoded, small and with a full picture each second.
func (f *Film) encoding() []string {
	arguments := []string{
		"-nostdin", "-nostats", "-loglevel", "error", "-progress", "pipe:1",
		"-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-g", "15",
	}
	if f.options.Codec == "VP8" {
		return append(arguments, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k")
	}
	arguments = append(arguments, "-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast",
		"-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v", "300k")
	if f.options.SetsApart {
		arguments = append(arguments, "-flags", "+global_header")
	}
	if f.options.Single {
		arguments = append(arguments, "-x264opts", "slice-max-size=1200", "-rtp_flags", "h264_mode0")
	}
	return arguments
}

// Show sends a test card to an RTP port on 127.0.0.1. It comes from a port of its own, so from then on a party that
// sends to where it hears from is not seen any more.
func (f *Film) Show(port int) error {
	target := fmt.Sprintf("rtp://127.0.0.1:%d", port)
	if f.options.PacketSize > 0 {
		target += fmt.Sprintf("?pkt_size=%d", f.options.PacketSize)
	}
	var err error
	f.camera, err = process.Start(process.Options{
		Tool: "ffmpeg", Package: "ffmpeg", Dir: f.options.Dir,
		Args: append(f.encoding(), "-payload_type", strconv.Itoa(f.options.PayloadType), "-f", "rtp", target),
	})
	return err
}

// parameterSets gives those of the test card, as the SDP of ffmpeg has them.
func (f *Film) parameterSets() (string, error) {
	once, err := process.Start(process.Options{
		Tool: "ffmpeg", Package: "ffmpeg", Dir: f.options.Dir,
		Args: append(f.encoding(), "-frames:v", "1", "-f", "rtp", "rtp://127.0.0.1:9"),
	})
	if err != nil {
		return "", err
	}
	defer once.Stop(time.Second)
	if _, err = once.Wait(20 * time.Second); err != nil {
		return "", err
	}
	found := regexp.MustCompile(`sprop-parameter-sets=([^;\s]+)`).FindStringSubmatch(once.Output())
	if found == nil {
		return "", fmt.Errorf("%w: no parameter sets in %s", ErrFilm, once.Output())
	}
	return found[1], nil
}

// Decoded is how many pictures were decoded so far.
func (f *Film) Decoded() int { return frames(f.eyes) }

// Shown is how many pictures were sent so far.
func (f *Film) Shown() int { return frames(f.camera) }

// frames finds the counts that ffmpeg prints twice a second.
func frames(ffmpeg *process.Process) int {
	found := regexp.MustCompile(`(?m)^frame=(\d+)$`).FindAllStringSubmatch(ffmpeg.Output(), -1)
	if found == nil {
		return 0
	}
	count, err := strconv.Atoi(found[len(found)-1][1])
	if err != nil {
		return 0
	}
	return count
}

// WaitPictures waits until this many pictures were decoded.
func (f *Film) WaitPictures(count int, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for f.Decoded() < count {
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: waited %v for %d pictures, has %d", ErrFilm, limit, count, f.Decoded())
		}
		time.Sleep(100 * time.Millisecond) // ffmpeg prints its counts twice a second
	}
	return nil
}

// Report is what ffmpeg printed.
func (f *Film) Report() string {
	report := "eyes:\n" + f.eyes.Output()
	if f.camera != nil {
		report += "\ncamera:\n" + f.camera.Output()
	}
	return report
}

// Stop ends both.
func (f *Film) Stop() {
	for _, running := range []*process.Process{f.eyes, f.camera} {
		if running != nil {
			running.Stop(time.Second)
		}
	}
}
