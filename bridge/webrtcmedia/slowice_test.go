package webrtcmedia

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"sipbridge/bridge"
	"sipbridge/bridge/builtin"
	"sipbridge/transcode"
	"sipbridge/transcode/pcm"
)

// TestAnnouncementOverSlowICE holds that a browser whose ICE takes long hears an announcement from its beginning.
func TestAnnouncementOverSlowICE(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowserWith(t, webrtc.NetworkTypeUDP4, browserCodecs(), func(settings *webrtc.SettingEngine) {
		settings.SetHostAcceptanceMinWait(700 * time.Millisecond)
	})
	description, err := session.SetOffer([]byte(b.offer(nil)))
	must(t, err)
	chosen := choose(t, description, "PCMU")

	sound := pcm.Sound{SampleRate: 8000, Samples: make([]int16, 160)}
	sound.Samples[0] = 20000 // only one packet is not silent: the first one of the sound
	speaker := builtin.Announcement(sound, transcode.EncoderOptions{}).Dial(bridge.Request{Offer: &chosen})
	early, ok := (<-speaker.Events()).(bridge.Ringing)
	if !ok {
		t.Fatal("no early media")
	}
	format := early.Early.Media[0].Formats[0]
	pipe, err := transcode.Connect([]transcode.Format{format}, format, session.Sender(transcode.Audio),
		transcode.ConnectOptions{})
	must(t, err)
	speaker.Media().Receive(transcode.Audio, pipe)
	answer, err := session.Answer(chosen)
	must(t, err)
	b.accept(answer)
	if ended, ok := (<-speaker.Events()).(bridge.Ended); !ok || ended.Cause.Status != 200 {
		t.Fatalf("got %+v", ended)
	}
	eventually(t, "the sound", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		for i := range b.received {
			if b.received[i].Payload[0] != 0xff && b.received[i].Payload[0] != 0x7f {
				return true
			}
		}
		return false
	})
}
