package e2e

import (
	"strings"
	"testing"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/baresip"
)

// TestFlashFailures: calls between a Flash phone and a SIP phone, whose user answers by hand, that come to nothing, and
// what both sides are told; and a call in which the Flash phone holds.
func TestFlashFailures(t *testing.T) {
	t.Parallel()
	const flash, phone = 0, 1
	running, address := startFlash(t, userName(flash), userName(phone))
	sip := newPhone(t, baresip.Options{
		User: userName(phone), Password: password(0), Domain: "localhost", Registrar: running.SIP, Codec: "PCMU",
		Manual: true,
	})
	user, number := userName(flash)+"@localhost", userName(phone)
	wrong := rtmptest.Dial(t, address, rtmptest.Options{})
	if answer := wrong.Connect("sip/"+user, userName(flash), "wrong"); answer.Name != "_error" {
		t.Errorf("a wrong password is answered %+v", answer)
	}
	client := rtmptest.Login(t, address, user, password(0))
	closed := 0
	mustClose := func(why string) {
		t.Helper()
		closed++
		if event, err := sip.WaitEvent(baresip.Closed, closed, limit); err != nil || !strings.Contains(event, why) {
			t.Errorf("the phone's call %d ends with %q, %v", closed, event, err)
		}
	}
	mustTell := func(name, want string) {
		t.Helper()
		if told := client.Await(name); len(told.Args) == 0 || told.Args[0] != want {
			t.Errorf("%s says %v", name, told.Args)
		}
	}
	rings := func() {
		t.Helper()
		client.Call("invite", number, "pcmu")
		mustTell("ringing", "180 Ringing")
	}
	isCalled := func() {
		t.Helper()
		must(t, sip.Dial("sip:"+user))
		mustTell("invited", "<sip:"+number+"@localhost>")
	}
	client.Call("invite", "nobody", "pcmu")
	mustTell("rejected", "404 Not Found")

	rings()
	client.Call("bye") // which is a CANCEL
	mustClose("")

	rings()
	must(t, sip.Hangup())
	if told := client.Await("rejected").Args[0]; told != "486 Busy Here" && told != "486 Rejected" {
		t.Errorf("rejected says %v", told)
	}
	mustClose("")

	isCalled()
	client.Call("reject", "486 Busy Here")
	mustClose("486 Busy Here")

	isCalled()
	must(t, sip.Hangup())
	mustTell("cancelled", "<sip:"+number+"@localhost>")
	mustClose("")

	talk(t, client, client.Publish("local"), flashWays()[2], pageHz)
	rings()
	must(t, sip.Answer())
	mustTell("accepted", "pcmu")
	mustHear(t, sip, pageHz)
	client.Call("hold", true)
	must(t, sip.WaitQuiet(limit))
	client.Call("hold", false)
	mustHear(t, sip, pageHz)
	client.Call("bye")
	mustClose("")

	rings()
	client.Close()
	mustClose("")
}
