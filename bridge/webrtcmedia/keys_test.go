package webrtcmedia

import (
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, codec string
		codecs      []transcode.Format
		audio       uint8
		event       uint8
		clock       uint32
	}{
		{"48000 beside Opus", "opus", browserCodecs(), 111, 110, 48000},
		{"8000 beside PCMU", "PCMU", browserCodecs(), 0, 126, 8000},
		{"8000 alone beside Opus, as in Firefox", "opus", firefoxCodecs(), 109, 101, 8000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
			b := newBrowser(t, test.codecs)
			answer := string(call(t, session, b, test.codec))
			if count := strings.Count(answer, telephoneEvent); count != 1 {
				t.Errorf("%d telephone-event formats in the answer, want 1:\n%s", count, answer)
			}
			bothWays(t, session, l, b, test.audio, 960)
			for i, digit := range []byte("10#") {
				key := bridge.DTMF{Digit: digit, Duration: 80 * time.Millisecond}
				if !session.SendDTMF(key) {
					t.Fatal("the key was refused")
				}
				eventually(t, "the key's three end packets", func() bool { return b.ends(test.event) == 3*(i+1) })
			}
			press := transcode.NewSender(transcode.SenderOptions{Write: b.track.write})
			defer press.Close()
			press.SetFormats([]transcode.Format{{Codec: transcode.Codec{ClockRate: test.clock}, PayloadType: test.audio}})
			press.SetTelephoneEvent(test.event, test.clock)
			for _, digit := range []byte("159D*") {
				press.SendDTMF(digit, 100*time.Millisecond)
			}
			eventually(t, "the browser's keys", func() bool { return len(l.pressed()) >= 5 })
			if l.pressed() != "159D*" {
				t.Errorf("heard the keys %q", l.pressed())
			}
			for _, key := range l.keys {
				if key.Duration != 100*time.Millisecond {
					t.Errorf("key %c was held for %v", key.Digit, key.Duration)
				}
			}
			if l.heard(test.event) != 0 {
				t.Error("telephone-event came through as audio")
			}
		})
	}
}

func firefoxCodecs() []transcode.Format {
	codecs := audioCodecs()
	codecs[0].PayloadType = 109
	return append(codecs, transcode.Format{
		Codec: transcode.Codec{Name: telephoneEvent, ClockRate: 8000}, PayloadType: 101,
	})
}

// ends counts received end packets of keys.
func (b *browser) ends(payloadType uint8) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	count := 0
	for i := range b.received {
		packet := &b.received[i]
		if packet.PayloadType == payloadType && len(packet.Payload) == 4 && packet.Payload[1]&0x80 != 0 {
			count++
		}
	}
	return count
}

func TestNoKeysWithoutTelephoneEvent(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, audioCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	if session.SendDTMF(bridge.DTMF{Digit: '1', Duration: 100 * time.Millisecond}) {
		t.Error("a key was taken for a browser without telephone-event")
	}
}
