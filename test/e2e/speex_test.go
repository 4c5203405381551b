package e2e

import (
	"strings"
	"testing"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/linphone"
	"sipbridge/transcode"
)

// TestFlashAndSpeexPhone: a phone that has wideband Speex and nothing else, and a Flash phone; no sample is touched.
func TestFlashAndSpeexPhone(t *testing.T) {
	t.Parallel()
	const flash, speex = 0, 1
	running, address := startFlash(t, userName(flash), userName(speex))
	phone, err := linphone.Start(linphone.Options{
		User: userName(speex), Domain: "localhost", Password: password(0), Registrar: running.SIP,
		Codec: "speex", Rate: 16000, ToneHz: phoneHz, Dir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("linphonec:\n%s", phone.Report())
		}
		phone.Stop()
	})
	way := flashWay{name: "wideband", codec: transcode.Codec{Name: "speex", ClockRate: 16000}, tag: 0xb2}
	client := rtmptest.Login(t, address, userName(flash)+"@localhost", password(0))
	client.Play("remote")
	talk(t, client, client.Publish("local"), way, pageHz)

	client.Call("invite", userName(speex))
	client.Await("accepted")
	mustHear(t, phone, pageHz)
	mustHearFlash(t, client, way, phoneHz)
	must(t, phone.Hangup())
	client.Await("byed")

	must(t, phone.Dial("sip:"+userName(flash)+"@localhost"))
	client.Await("invited")
	client.Call("accept")
	client.Await("accepted")
	mustHear(t, phone, pageHz)
	mustHearFlash(t, client, way, phoneHz)
	client.Call("bye")
	must(t, phone.WaitEnded(limit))
	// The story of the first call is told by now.
	if report := running.Report(); !strings.Contains(report, `"speex/16000 -> speex/16000"`) {
		t.Error("the service's story of the call does not say that Speex was passed through")
	}
}
