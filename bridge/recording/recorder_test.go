package recording_test

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/recording"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start makes a recorder, and gives what ends it.
func start(t *testing.T, options recording.Options) (*recording.Recorder, func()) {
	t.Helper()
	recorder, err := recording.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return recorder, recorder.Close
}

// speaker says a tone in packets of 20 ms.
type speaker struct {
	t       *testing.T
	encoder transcode.Encoder
	tone    *dtmf.Tone
	to      transcode.PacketWriter
	packet  rtp.Packet
	pcm     []int16
	step    uint32
}

func newSpeaker(t *testing.T, format transcode.Format, frequency float64, to transcode.PacketWriter) *speaker {
	t.Helper()
	encoder, err := transcode.NewEncoder(format, 8000, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := &speaker{
		t: t, encoder: encoder, tone: dtmf.NewTone(8000, -6, frequency), to: to,
		pcm: make([]int16, 160), step: format.ClockRate / 50,
	}
	s.packet.Header = rtp.Header{Version: 2, PayloadType: format.PayloadType, SSRC: uint32(frequency), Timestamp: 1 << 31}
	return s
}

func (s *speaker) say() {
	s.t.Helper()
	s.tone.Read(s.pcm)
	payload := make([]byte, 1500)
	n, err := s.encoder.Encode(s.pcm, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	s.packet.Payload = payload[:n]
	if err := s.to.WriteRTP(&s.packet); err != nil {
		s.t.Fatal(err)
	}
	s.packet.SequenceNumber++
	s.packet.Timestamp += s.step
}

// TestRecords holds that each party is heard on its side, that a hold is silent and takes its time, and that packets
// reach the other party untouched.
func TestRecords(t *testing.T) {
	for name, format := range map[string]bridge.RecordingFormat{
		"20260701-102030.004_ABC.wav": bridge.RecordedAsUsual, "20260701-102030.004_ABC.opus": bridge.RecordedOgg,
	} {
		folder := filepath.Join(t.TempDir(), "calls")
		record(t, folder, name, format)
		checkSound(t, filepath.Join(folder, name))
	}
}

// record records a call of 7 seconds: both speak, nobody does, the caller does.
func record(t *testing.T, folder, name string, format bridge.RecordingFormat) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		recorder, stop := start(t, recording.Options{Folder: folder})
		record := bridge.CallRecord{ID: "ABC", Started: time.Date(2026, 7, 1, 10, 20, 30, 4e6, time.UTC)}
		call, err := recorder.Record(record, bridge.Request{}, format)
		if err != nil || call.Name() != name {
			t.Fatalf("%v: %v", call, err)
		}
		passed := 0
		onward := transcode.PacketWriterFunc(func(*rtp.Packet) error { passed++; return nil })
		left := newSpeaker(t, bridgetest.PCMU(), 440,
			call.Tap(bridge.CallerChannel, []transcode.Format{bridgetest.PCMU()}, onward))
		right := newSpeaker(t, bridgetest.Opus(), 1000,
			call.Tap(bridge.CalleeChannel, []transcode.Format{bridgetest.Opus()}, onward))
		speak := func(who ...*speaker) {
			for range 100 {
				for _, speaker := range who {
					speaker.say()
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		speak(left, right)
		time.Sleep(3 * time.Second) // hold
		left.packet.Timestamp += 3 * 8000
		speak(left)
		if stats := recorder.Stats(); stats.Active != 1 {
			t.Errorf("%d are recorded", stats.Active)
		}
		lossy := call.Tap(bridge.CallerChannel, []transcode.Format{bridgetest.PCMU()}, lossy{onward})
		if reporter, ok := lossy.(transcode.LossReporter); !ok || reporter.ExpectedLoss() != 25 {
			t.Error("what records hides the losses behind it")
		}
		if taker, ok := lossy.(transcode.CaptureTaker); !ok || !taker.Captured(0, time.Now()) {
			t.Error("what records hides that somebody wants to know of captures")
		}
		call.Close()
		call.Close()
		stop()
		left.say() // passes, unrecorded
		if passed != 301 {
			t.Errorf("%d packets passed", passed)
		}
		if stats := recorder.Stats(); stats != (recording.Stats{Finished: 1}) {
			t.Errorf("counted %+v", stats)
		}
	})
}

// lossy is a writer that knows that a quarter of what it gets is lost.
type lossy struct{ transcode.PacketWriter }

func (lossy) ExpectedLoss() int { return 25 }

func (lossy) Captured(uint32, time.Time) bool { return true }

// decoded gives the samples of both channels in turn, as ffmpeg reads them.
func decoded(t *testing.T, path string) []int16 {
	t.Helper()
	raw, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", path,
		"-f", "s16le", "-ar", "16000", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int16, len(raw)/2)
	if _, err := binary.Decode(raw, binary.LittleEndian, samples); err != nil {
		t.Fatal(err)
	}
	return samples
}

func checkSound(t *testing.T, path string) {
	t.Helper()
	const rate = 16000
	if mode, _ := os.Stat(path); mode.Mode() != 0o600 {
		t.Errorf("the mode is %v", mode.Mode())
	}
	samples := decoded(t, path)
	if length := len(samples) / 2; length != 7*rate {
		t.Fatalf("%s: %d samples, want 7 s", path, length)
	}
	channel := func(side, from, to int) []int16 {
		var pcm []int16
		for i := from * rate; i < to*rate; i++ {
			pcm = append(pcm, samples[2*i+side])
		}
		return pcm[rate/5 : len(pcm)-rate/5] // without what begins and ends
	}
	loud := dtmf.Amplitude(-6)
	for _, want := range []struct {
		side, from, to int
		hears          float64
	}{{0, 0, 2, 440}, {1, 0, 2, 1000}, {0, 2, 5, 0}, {1, 2, 5, 0}, {0, 5, 7, 440}, {1, 5, 7, 0}} {
		pcm := channel(want.side, want.from, want.to)
		for _, frequency := range []float64{440, 1000} {
			got := dtmf.Goertzel(pcm, rate, frequency)
			if is := got > loud*0.8 && got < loud*1.2; is != (frequency == want.hears) || !is && got > loud*0.02 {
				t.Errorf("%s: channel %d, second %d to %d: %.0f Hz has %.0f", path, want.side, want.from, want.to, frequency, got)
			}
		}
	}
}

// TestWho holds who has a call recorded.
func TestWho(t *testing.T) {
	t.Parallel()
	const no, usual, inWAV, inOgg = bridge.NotRecorded, bridge.RecordedAsUsual, bridge.RecordedWAV, bridge.RecordedOgg
	for _, test := range []struct {
		wanted bridge.RecordingFormat
		origin bridge.Origin
		value  string
		want   string
	}{
		{usual, bridge.OriginUnknown, "", ".wav"},
		{inOgg, bridge.OriginUnknown, "", ".opus"},
		{usual, bridge.OriginUser, "ogg", ".opus"},
		{inWAV, bridge.OriginUser, "ogg", ".wav"},
		{no, bridge.OriginUser, "", ""},
		{no, bridge.OriginUser, "yes", ".wav"},
		{no, bridge.OriginUser, "Ogg", ".opus"},
		{no, bridge.OriginUpstream, " ON ", ".wav"},
		{no, bridge.OriginUser, "no", ""},
		{no, bridge.OriginUnknown, "wav", ""},
	} {
		recorder, stop := start(t, recording.Options{Folder: t.TempDir(), Header: "X-Record"})
		request := bridge.Request{Origin: test.origin, Headers: []bridge.Header{{Name: "x-record", Value: test.value}}}
		call, err := recorder.Record(bridge.CallRecord{ID: "A"}, request, test.wanted)
		suffix := ""
		if call != nil {
			suffix = filepath.Ext(call.Name())
			call.Close()
		}
		if err != nil || suffix != test.want {
			t.Errorf("%+v: %q, %v", test, suffix, err)
		}
		stop()
	}
}

// TestNoRoom holds what becomes of calls that cannot be recorded.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone")
	for name, options := range map[string]recording.Options{
		"disk":   {Folder: t.TempDir(), LeastFree: 1 << 62},
		"number": {Folder: t.TempDir(), Most: 1},
		"folder": {Folder: gone},
	} {
		recorder, stop := start(t, options)
		if name == "number" {
			first, err := recorder.Record(bridge.CallRecord{ID: "A"}, bridge.Request{}, bridge.RecordedAsUsual)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			defer first.Close()
		} else {
			defer stop()
		}
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
		call, err := recorder.Record(bridge.CallRecord{ID: "B"}, bridge.Request{}, bridge.RecordedAsUsual)
		if call != nil || err != nil || recorder.Stats().Refused != 1 {
			t.Errorf("%s: %v, %v, %+v", name, call, err, recorder.Stats())
		}
	}
	recorder, stop := start(t, recording.Options{Folder: t.TempDir(), LeastFree: 1 << 62, Required: true})
	defer stop()
	_, err := recorder.Record(bridge.CallRecord{ID: "C"}, bridge.Request{}, bridge.RecordedAsUsual)
	if cause, ok := errors.AsType[bridge.Cause](err); !ok || cause.Status != 503 {
		t.Errorf("required: %v", err)
	}
}

// TestAfterCrash holds that a file that nobody finished can be heard.
func TestAfterCrash(t *testing.T) {
	for _, format := range []bridge.RecordingFormat{bridge.RecordedWAV, bridge.RecordedOgg} {
		folder := t.TempDir()
		left := filepath.Join(folder, "left")
		synctest.Test(t, func(t *testing.T) {
			recorder, stop := start(t, recording.Options{Folder: folder})
			defer stop()
			call, err := recorder.Record(bridge.CallRecord{ID: "A"}, bridge.Request{}, format)
			if err != nil {
				t.Fatal(err)
			}
			defer call.Close()
			time.Sleep(12 * time.Second)
			synctest.Wait()
			raw, err := os.ReadFile(filepath.Join(folder, call.Name()+".part"))
			if err == nil {
				err = os.WriteFile(left, raw, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if seconds := float64(len(decoded(t, left))) / 2 / 16000; seconds < 5 || seconds > 12 {
			t.Errorf("format %d: %.1f of 12 s", format, seconds)
		}
	}
}

// TestDiskFillsUp holds that a recording ends before the disk is full, and that its file can be heard.
func TestDiskFillsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var room atomic.Uint64
		room.Store(1000)
		folder := t.TempDir()
		recorder, stop := start(t, recording.Options{
			Folder: folder, LeastFree: 1000, Free: func(string) (uint64, error) { return room.Load(), nil },
		})
		call, err := recorder.Record(bridge.CallRecord{ID: "A"}, bridge.Request{}, bridge.RecordedAsUsual)
		if err != nil || call == nil {
			t.Fatal(err)
		}
		time.Sleep(12 * time.Second)
		room.Store(999)
		time.Sleep(time.Minute)
		call.Close()
		stop()
		info, err := os.Stat(filepath.Join(folder, call.Name()))
		if seconds := info.Size() / (4 * 16000); err != nil || seconds < 10 || seconds > 18 {
			t.Errorf("%d seconds of 72: %v", seconds, err)
		}
		if stats := recorder.Stats(); stats.Failed != 1 {
			t.Errorf("counted %+v", stats)
		}
	})
}
