package e2e

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// TestFlashUpstream: a Flash phone is registered at Kamailio with its own password, calls a phone there and is called
// by it, and is not registered any more when it has gone. One with a wrong password is told so.
func TestFlashUpstream(t *testing.T) {
	t.Parallel()
	const domain = "pbx.test"
	server := startKamailio(t, kamailio.Options{
		Domain: domain, Passwords: map[string]string{"desk": "builder", "flash": "bulb"},
	})
	port, err := process.FreePort()
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	running, err := service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), NextHops: map[string]string{domain: server.Address},
		Settings: map[string]map[string]any{"listen": {"rtmp": address}},
	})
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	desk := newPhone(t, baresip.Options{
		User: "desk", Password: "builder", Domain: domain, Registrar: server.Address, Codec: "PCMA",
	})
	wrong := rtmptest.Dial(t, address, rtmptest.Options{})
	if answer := wrong.Connect("sip/flash@"+domain, "flash", "lamp", "Flash"); answer.Name != "_error" ||
		!strings.Contains(fmt.Sprint(answer.Args), "403 Forbidden") {
		t.Errorf("a wrong password is answered %+v", answer)
	}
	client := rtmptest.Login(t, address, "flash@"+domain, "bulb")
	way := flashWays()[0]
	client.Play("remote")
	talk(t, client, client.Publish("local"), way, pageHz)

	client.Call("invite", "desk")
	client.Await("accepted")
	mustHear(t, desk, pageHz)
	mustHearFlash(t, client, way, phoneHz)
	client.Call("bye")
	_, err = desk.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)

	must(t, desk.Dial("sip:flash@"+domain))
	client.Await("invited")
	client.Call("accept")
	client.Await("accepted")
	mustHear(t, desk, pageHz)
	mustHearFlash(t, client, way, phoneHz)
	must(t, desk.Hangup())
	client.Await("byed")

	other := rtmptest.Login(t, address, "flash@"+domain, "bulb") // a second client of the same user
	must(t, desk.Dial("sip:flash@"+domain))
	client.Await("invited")
	other.Await("invited")
	other.Call("reject", "603 Decline")
	client.Await("cancelled")
	_, err = desk.WaitEvent(baresip.Closed, 3, limit)
	must(t, err)

	client.Close()
	other.Close()
	mustNotReach(t, desk, "sip:flash@"+domain)
}

// mustNotReach calls until the callee's server says that he is not there.
func mustNotReach(t *testing.T, phone *baresip.Phone, uri string) {
	t.Helper()
	must(t, phone.Dial(uri))
	event, err := phone.WaitEvent(baresip.Closed, 4, limit)
	must(t, err)
	if !strings.Contains(fmt.Sprint(event), "480") && !strings.Contains(fmt.Sprint(event), "404") {
		t.Errorf("a call to who has gone ends with %v", event)
	}
}
