package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sipbridge/transcode/dtmf"
	"sipbridge/transcode/speechtest"
)

// rate is that of the sound here, in Hz.
const rate = 16000

// stereo makes two tones side by side.
func stereo(length time.Duration, left, right float64) []int16 {
	n := rate * int(length/time.Millisecond) / 1000
	a, b := make([]int16, n), make([]int16, n)
	dtmf.NewTone(rate, -6, left).Read(a)
	dtmf.NewTone(rate, -6, right).Read(b)
	both := make([]int16, 0, 2*n)
	for i := range a {
		both = append(both, a[i], b[i])
	}
	return both
}

// recorded are the options of calls that are recorded.
func recorded() WriterOptions {
	return WriterOptions{SampleRate: rate, Channels: 2, Bitrate: 48000, Complexity: 1}
}

// write makes a file of sound, in pieces that don't fit packets.
func write(t *testing.T, options WriterOptions, sound []int16) []byte {
	t.Helper()
	var file bytes.Buffer
	writer, err := NewWriter(&file, options)
	if err != nil {
		t.Fatal(err)
	}
	for len(sound) > 0 {
		n := min(len(sound), 1234*options.Channels)
		if err := writer.Write(sound[:n]); err != nil {
			t.Fatal(err)
		}
		sound = sound[n:]
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// ffmpeg decodes a file and gives its channels at a rate. It may complain of nothing.
func ffmpeg(t *testing.T, file []byte, hertz string) (left, right []int16) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.opus")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var problem bytes.Buffer
	command := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-i", path,
		"-f", "s16le", "-ar", hertz, "-ac", "2", "-")
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil || problem.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	for ; len(out) >= 4; out = out[4:] {
		left = append(left, int16(binary.LittleEndian.Uint16(out)))
		right = append(right, int16(binary.LittleEndian.Uint16(out[2:])))
	}
	return left, right
}

// TestFFmpegReads holds that another decoder hears each side where it is, and as long as it is to the sample, and that
// nothing of one side is heard on the other.
func TestFFmpegReads(t *testing.T) {
	t.Parallel()
	for _, length := range []time.Duration{15 * time.Millisecond, time.Second, 2990 * time.Millisecond} {
		file := write(t, recorded(), stereo(length, 440, 1000))
		left, right := ffmpeg(t, file, "48000")
		if want := int(length / time.Millisecond * 48); len(left) != want {
			t.Errorf("%v: %d samples instead of %d", length, len(left), want)
		}
		if length < time.Second {
			continue
		}
		loud := dtmf.Amplitude(-6)
		for name, heard := range map[string]struct {
			pcm          []int16
			hears, other float64
		}{"left": {left, 440, 1000}, "right": {right, 1000, 440}} {
			pcm := heard.pcm[9600 : len(heard.pcm)-4800]
			hears, other := dtmf.Goertzel(pcm, 48000, heard.hears), dtmf.Goertzel(pcm, 48000, heard.other)
			if hears < loud*0.9 || hears > loud*1.1 || other > loud*0.02 {
				t.Errorf("%s: %.0f of its own, %.0f of the other's, want %.0f", name, hears, other, loud)
			}
		}
	}
}

// TestOneSideSpeaks holds that who is silent is silent in the file.
func TestOneSideSpeaks(t *testing.T) {
	t.Parallel()
	sound := stereo(2*time.Second, 440, 1000)
	for i := 1; i < len(sound); i += 2 {
		sound[i] = 0
	}
	_, right := ffmpeg(t, write(t, recorded(), sound), "16000")
	if heard := dtmf.Goertzel(right[3200:], rate, 440); heard > dtmf.Amplitude(-6)*0.02 {
		t.Errorf("%.0f of %.0f crosses", heard, dtmf.Amplitude(-6))
	}
}

// TestCutShort holds that what a crash leaves behind is heard up to the last whole page.
func TestCutShort(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	writer, err := NewWriter(&file, WriterOptions{SampleRate: rate, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Write(stereo(2500*time.Millisecond, 440, 1000)); err != nil {
		t.Fatal(err)
	}
	raw := bytes.Clone(file.Bytes())
	if left, _ := ffmpeg(t, raw, "16000"); len(left) < 2*rate-200 || len(left) > 2*rate {
		t.Errorf("%d samples of two whole seconds", len(left))
	}
	for cut, least := range map[int]float64{len(raw): 1.99, len(raw) - 1: 0.99} {
		sound, err := Read(bytes.NewReader(raw[:cut]), time.Minute)
		if err != nil || sound.Length().Seconds() < least || sound.Length().Seconds() > least+0.01 {
			t.Errorf("%v of %d bytes: %v", sound.Length(), cut, err)
		}
	}
	if err := writer.Sync(); err != nil {
		t.Fatal(err)
	}
	if sound, err := Read(&file, time.Minute); err != nil || sound.Length() < 2480*time.Millisecond {
		t.Errorf("%v behind Sync: %v", sound.Length(), err)
	}
}

// TestRead holds that we read what we write, at once and in time.
func TestRead(t *testing.T) {
	t.Parallel()
	file := write(t, WriterOptions{SampleRate: rate, Channels: 2},
		append(make([]int16, rate*2), stereo(time.Second, 600, 600)...))
	sound, err := Read(bytes.NewReader(file), 2*time.Second)
	if err != nil || sound.SampleRate != rate || len(sound.Samples) != 2*rate {
		t.Fatalf("%d samples at %d Hz: %v", len(sound.Samples), sound.SampleRate, err)
	}
	begins := 0
	for begins < len(sound.Samples) && sound.Samples[begins] < 1000 && sound.Samples[begins] > -1000 {
		begins++
	}
	if off := begins - rate; off < -32 || off > 32 { // 2 ms
		t.Errorf("the tone begins %d samples late", off)
	}
	got, loud := dtmf.Goertzel(sound.Samples[rate+1600:], rate, 600), dtmf.Amplitude(-6)
	if got < loud*0.8 || got > loud*1.2 {
		t.Errorf("the tone has %.0f instead of %.0f", got, loud)
	}
}

// TestReadsFFmpeg holds that we read what another program writes: with tags, other frames, as loud as its head says.
func TestReadsFFmpeg(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tone.opus")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi",
		"-i", "sine=frequency=700:duration=2.345:sample_rate=48000", "-metadata", "title="+strings.Repeat("long ", 20000),
		"-ac", "2", "-c:a", "libopus", "-frame_duration", "60", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := Read(bytes.NewReader(raw), 3*time.Second)
	if err != nil || len(sound.Samples) != 2345*16 {
		t.Fatalf("%v: %v", sound.Length(), err)
	}
	plain := dtmf.Goertzel(sound.Samples[3200:], 16000, 700)
	_, want := ffmpeg(t, raw, "16000")
	if heard := dtmf.Goertzel(want[3200:], 16000, 700); plain < heard*0.9 || plain > heard*1.1 {
		t.Errorf("the tone has %.0f, ffmpeg hears %.0f", plain, heard)
	}
	quiet, err := Read(bytes.NewReader(withGain(t, raw, -6*256)), 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := dtmf.Goertzel(quiet.Samples[3200:], 16000, 700); got < plain*0.48 || got > plain*0.52 {
		t.Errorf("6 dB below %.0f is %.0f", plain, got)
	}
}

// withGain changes the gain in a file's head.
func withGain(t *testing.T, raw []byte, gain int16) []byte {
	t.Helper()
	rest := bytes.NewReader(raw)
	first, err := readPage(rest)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(first.body[16:], uint16(gain))
	return append(first.appendTo(nil), raw[len(raw)-rest.Len():]...)
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	good := write(t, WriterOptions{SampleRate: 16000, Channels: 1}, make([]int16, 32000))
	damaged := write(t, WriterOptions{SampleRate: 16000, Channels: 1}, make([]int16, 8000))
	damaged[len(damaged)-5] ^= 1
	pages := func(packets ...string) []byte {
		var raw []byte
		for i, packet := range packets {
			p := page{sequence: uint32(i)}
			if i == 0 {
				p.flags = flagFirst
			}
			p.add([]byte(packet))
			raw = p.appendTo(raw)
		}
		return raw
	}
	mono := string(head{channels: 1, rate: 16000}.packet())
	broken := page{serial: 0, sequence: 2, flags: flagContinued}
	broken.add([]byte("rest"))
	for name, test := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":        {nil, ErrFormat},
		"no Ogg":         {[]byte(strings.Repeat("x", 200)), ErrFormat},
		"Vorbis":         {pages("\x01vorbis"), ErrFormat},
		"no tags":        {pages(mono), ErrFormat},
		"short head":     {pages(mono[:18], "OpusTags"), ErrFormat},
		"new version":    {pages(strings.Replace(mono, "OpusHead\x01", "OpusHead\x10", 1), "OpusTags"), ErrFormat},
		"six channels":   {pages(string(head{channels: 6}.packet()), "OpusTags"), ErrFormat},
		"no packet":      {pages(mono, "OpusTags", ""), ErrFormat},
		"damaged":        {damaged, ErrFormat},
		"a page missing": {broken.appendTo(pages(mono, "OpusTags")), ErrFormat},
		"too long":       {good, ErrTooLong},
	} {
		if _, err := Read(bytes.NewReader(test.raw), time.Second); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// full takes so many bytes, and no more.
type full struct{ room int }

func (f *full) Write(raw []byte) (int, error) {
	n := min(len(raw), f.room)
	f.room -= n
	if n < len(raw) {
		return n, errors.New("the disk is full")
	}
	return n, nil
}

// TestDiskFull holds that the error of writing stays, and that bad options are refused.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	options := WriterOptions{SampleRate: 16000, Channels: 2}
	disk := &full{room: 200}
	writer, err := NewWriter(disk, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Write(make([]int16, 4*16000)); err == nil {
		t.Error("more was written than there is room for")
	}
	disk.room = 1 << 20
	if writer.Close() == nil || disk.room != 1<<20 {
		t.Error("something was written behind half a page")
	}
	if _, err := NewWriter(&full{}, options); err == nil {
		t.Error("a file began without room")
	}
	if _, err := NewWriter(&full{}, WriterOptions{SampleRate: 11025, Channels: 1}); err == nil {
		t.Error("Opus has no 11025 Hz")
	}
}

func FuzzRead(f *testing.F) {
	var file bytes.Buffer
	writer, err := NewWriter(&file, WriterOptions{SampleRate: 8000, Channels: 1})
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(writer.Write(make([]int16, 1000)), writer.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		sound, err := Read(bytes.NewReader(repaired(raw)), time.Second)
		if err == nil && sound.Length() > time.Second {
			t.Errorf("%v of sound", sound.Length())
		}
	})
}

// repaired gives pages the checksums that they ought to have, so that what is in them is read.
func repaired(raw []byte) []byte {
	raw = bytes.Clone(raw)
	for at := 0; at+pageHead <= len(raw); {
		end := at + pageHead + int(raw[at+pageHead-1])
		if end > len(raw) {
			break
		}
		for _, length := range raw[at+pageHead : end] {
			end += int(length)
		}
		if end > len(raw) {
			break
		}
		clear(raw[at+22 : at+26])
		binary.LittleEndian.PutUint32(raw[at+22:], sum(raw[at:end]))
		at = end
	}
	return raw
}

// BenchmarkWrite encodes two voices, and tells the processor's time that a second of them takes.
func BenchmarkWrite(b *testing.B) {
	left := speechtest.Say(b, "en", "The quick brown fox jumps over the lazy dog, and goes home.", rate)
	right := speechtest.Say(b, "en", "Nobody has seen it since, though many have looked for it everywhere.", rate)
	var sound []int16
	for i := range min(len(left), len(right)) {
		sound = append(sound, left[i], right[i])
	}
	for _, complexity := range []int{1, 3, 5, 10} {
		b.Run(strconv.Itoa(complexity), func(b *testing.B) {
			options := WriterOptions{SampleRate: rate, Channels: 2, Bitrate: 48000, Complexity: complexity}
			writer, err := NewWriter(io.Discard, options)
			if err != nil {
				b.Fatal(err)
			}
			before := busy(b)
			for b.Loop() {
				if err := writer.Write(sound); err != nil {
					b.Fatal(err)
				}
			}
			seconds := float64(b.N*len(sound)) / 2 / rate
			b.ReportMetric((busy(b)-before).Seconds()*1000/seconds, "cpu-ms/s")
		})
	}
}

// busy gives the processor's time of this process.
func busy(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
