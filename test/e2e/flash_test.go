package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/tone"
	"sipbridge/transcode"
)

// flashWay is how a Flash phone speaks in a test.
type flashWay struct {
	name string
	// words are those of invite and accept.
	words []any
	codec transcode.Codec
	tag   byte
}

func flashWays() []flashWay {
	speex := transcode.Codec{Name: "speex", ClockRate: 16000}
	return []flashWay{
		{"no words", nil, speex, 0xb2},
		{"wideband", []any{"wideband", "narrowband", "ulaw", "alaw", "dtmf", "flv"}, speex, 0xb2},
		{"pcmu", []any{"pcmu", "dtmf"}, transcode.Codec{Name: "PCMU", ClockRate: 8000}, 0x82},
	}
}

// TestFlash: a Flash phone and a SIP phone call each other, hear each other's tone, hold, press keys and hang up.
func TestFlash(t *testing.T) {
	t.Parallel()
	const flash, phone = 0, 1
	for _, way := range flashWays() {
		for _, codec := range []string{"PCMU", "PCMA", "opus"} {
			t.Run(way.name+" and "+codec, func(t *testing.T) {
				t.Parallel()
				running, address := startFlash(t, userName(flash), userName(phone))
				sip := newPhone(t, baresip.Options{
					User: userName(phone), Password: password(0), Domain: "localhost", Registrar: running.SIP, Codec: codec,
				})
				client := rtmptest.Login(t, address, userName(flash)+"@localhost", password(0))
				client.Play("remote")
				stream := client.Publish("local")
				talk(t, client, stream, way, pageHz)

				client.Call("invite", append([]any{userName(phone)}, way.words...)...)
				client.Await("accepted")
				mustHear(t, sip, pageHz)
				mustHearFlash(t, client, way, phoneHz)
				for _, key := range []string{"5", "#"} {
					client.Call("sendDTMF", key)
				}
				_, err := sip.WaitEvent(baresip.DTMF, 2, limit)
				must(t, err)
				must(t, sip.Hold())
				if held := client.Await("holded"); held.Args[0] != true {
					t.Errorf("holded says %v", held.Args)
				}
				must(t, sip.Resume())
				if held := client.Await("holded"); held.Args[0] != false {
					t.Errorf("holded says %v", held.Args)
				}
				must(t, sip.Hangup())
				client.Await("byed")

				must(t, sip.Dial("sip:"+userName(flash)+"@localhost"))
				client.Await("invited")
				client.Call("accept", way.words...)
				client.Await("accepted")
				mustHear(t, sip, pageHz)
				mustHearFlash(t, client, way, phoneHz)
				client.Call("bye")
				_, err = sip.WaitEvent(baresip.Closed, 2, limit)
				must(t, err)
				if keys := sip.Keys(); keys != "5#" {
					t.Errorf("the phone got the keys %q", keys)
				}
			})
		}
	}
}

// TestFlashAndBrowser: a Flash phone and a browser call each other and hear each other's tone.
func TestFlashAndBrowser(t *testing.T) {
	t.Parallel()
	port, err := process.FreePort()
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"listen": {"rtmp": address}},
	})
	for number, way := range flashWays() {
		t.Run(way.name, func(t *testing.T) {
			user := 50 + number // pages have those before
			p := w.newPage(t, jsSIP)
			client := rtmptest.Login(t, address, userName(user)+"@localhost", password(user))
			client.Play("remote")
			talk(t, client, client.Publish("local"), way, phoneHz)

			must(t, p.Call(nil, "call", "sip:"+userName(user)+"@localhost"))
			client.Await("invited")
			client.Call("accept", way.words...)
			client.Await("accepted")
			mustBe(t, p, "established")
			mustHear(t, p, phoneHz)
			mustHearFlash(t, client, way, pageHz)
			must(t, p.Call(nil, "hangup"))
			client.Await("byed")
			mustBe(t, p, "ended")

			client.Call("invite", append([]any{p.user}, way.words...)...)
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "answer"))
			client.Await("accepted")
			mustHear(t, p, phoneHz)
			mustHearFlash(t, client, way, pageHz)
			client.Call("bye")
			mustBe(t, p, "ended")
		})
	}
}

// startFlash starts a service with users of one password and gives the address of its Flash phones.
func startFlash(t *testing.T, users ...string) (running *service.Service, address string) {
	t.Helper()
	port, err := process.FreePort()
	must(t, err)
	address = fmt.Sprintf("127.0.0.1:%d", port)
	options := service.Options{
		Binary: binary, Dir: t.TempDir(), Users: map[string]string{},
		Settings: map[string]map[string]any{"listen": {"rtmp": address}},
	}
	for _, user := range users {
		options.Users[user] = password(0)
	}
	running, err = service.Start(options)
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	return running, address
}

// talk says a tone into a stream, in time, until the test ends.
func talk(t *testing.T, client *rtmptest.Client, stream uint32, way flashWay, hertz float64) {
	t.Helper()
	rate := int(way.codec.ClockRate)
	encoder, err := transcode.NewEncoder(transcode.Format{Codec: way.codec}, rate, transcode.EncoderOptions{})
	must(t, err)
	const second = 1 // of whole periods, so that it can be repeated
	sound := tone.Sine(hertz, rate, second)
	var talking sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() {
		close(done)
		talking.Wait()
	})
	talking.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		frame := rate / 50
		for number := 0; ; number++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			payload := make([]byte, 1500)
			payload[0] = way.tag
			at := number * frame % rate
			size, err := encoder.Encode(sound[at:at+frame], payload[1:])
			if err != nil {
				t.Errorf("encode: %v", err)
				return
			}
			client.Speak(stream, uint32(number*20), payload[:1+size])
		}
	})
}

// flashSecond is how many messages of a Flash phone are a second of sound.
const flashSecond = 50

// mustHearFlash waits until the newest second that a Flash phone heard is a tone.
func mustHearFlash(t *testing.T, client *rtmptest.Client, way flashWay, hertz float64) {
	t.Helper()
	from := len(client.AwaitHeard(0))
	share := 0.0
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); from += flashSecond / 2 {
		heard := client.AwaitHeard(from + flashSecond)
		if share = flashShare(t, heard[from:], way, hertz); share > 0.75 {
			return
		}
	}
	t.Errorf("the Flash phone does not hear %.0f Hz: its share is %.2f", hertz, share)
}

// flashShare gives the share of a tone in what a Flash phone heard, or nothing if that was less than half a second.
func flashShare(t *testing.T, heard []chunk.Message, way flashWay, hertz float64) float64 {
	t.Helper()
	rate := int(way.codec.ClockRate)
	decoder, err := transcode.NewDecoder(transcode.Format{Codec: way.codec}, rate)
	must(t, err)
	var sound []int16
	for _, message := range heard {
		if message.Payload[0] != way.tag {
			continue // before the codec was settled
		}
		pcm := make([]int16, rate/4)
		n, err := decoder.Decode(message.Payload[1:], pcm)
		must(t, err)
		sound = append(sound, pcm[:n]...)
	}
	if len(sound) < rate/2 {
		return 0
	}
	return tone.Share(sound, rate, hertz)
}
