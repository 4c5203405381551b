package recording_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/recording"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// TestManyAtOnce holds that calls that are recorded at one time have a file each, with their own sound, in either
// format.
func TestManyAtOnce(t *testing.T) {
	folder := t.TempDir()
	tones := map[string]float64{}
	synctest.Test(t, func(t *testing.T) {
		recorder, stop := start(t, recording.Options{Folder: folder})
		var speakers []*speaker
		var calls []bridge.Recording
		for i := range 4 {
			format := []bridge.RecordingFormat{bridge.RecordedWAV, bridge.RecordedOgg}[i%2]
			call, err := recorder.Record(bridge.CallRecord{ID: fmt.Sprint(i)}, bridge.Request{}, format)
			if err != nil {
				t.Fatal(err)
			}
			drop := transcode.PacketWriterFunc(func(*rtp.Packet) error { return nil })
			tones[call.Name()] = 500 + 200*float64(i)
			speakers = append(speakers, newSpeaker(t, bridgetest.PCMU(), tones[call.Name()],
				call.Tap(bridge.CallerChannel, []transcode.Format{bridgetest.PCMU()}, drop)))
			calls = append(calls, call)
		}
		for range 50 {
			for _, speaker := range speakers {
				speaker.say()
			}
			time.Sleep(20 * time.Millisecond)
		}
		for _, call := range calls {
			call.Close()
		}
		stop()
	})
	if len(tones) != 4 {
		t.Fatalf("the names are %v", tones)
	}
	for name, own := range tones {
		var left []int16
		for i, sample := range decoded(t, filepath.Join(folder, name)) {
			if i%2 == 0 {
				left = append(left, sample)
			}
		}
		for _, tone := range tones {
			heard := dtmf.Goertzel(left[1600:len(left)-1600], 16000, tone)
			if loud := dtmf.Amplitude(-6); (tone == own) != (heard > loud*0.8) || tone != own && heard > loud*0.05 {
				t.Errorf("%s, whose tone has %.0f Hz: %.0f Hz has %.0f", name, own, tone, heard)
			}
		}
	}
}
