package e2e

import (
	"crypto/md5"
	"fmt"
	"testing"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/baresip"
)

// TestFlashOfFreeswitch: a Flash phone that was made for FreeSWITCH logs in, calls a SIP phone and is called by it.
func TestFlashOfFreeswitch(t *testing.T) {
	t.Parallel()
	const flash, phone = 0, 1
	running, address := startFlash(t, userName(flash), userName(phone))
	sip := newPhone(t, baresip.Options{
		User: userName(phone), Password: password(0), Domain: "localhost", Registrar: running.SIP, Codec: "PCMU",
	})
	client := rtmptest.Dial(t, address, rtmptest.Options{})
	if answer := client.Connect("phone"); answer.Name != "_result" {
		t.Fatalf("it cannot connect: %+v", answer)
	}
	user := userName(flash) + "@localhost"
	session := client.Await("connected").Args[0]
	client.Call("login", user, fmt.Sprintf("%x", md5.Sum(fmt.Appendf(nil, "%s:%s:%s", session, user, password(0)))))
	if login := client.Await("onLogin"); login.Args[0] != "success" {
		t.Fatalf("onLogin says %v", login.Args)
	}
	client.Ask("register")
	way := flashWays()[0]
	client.Play("play")
	talk(t, client, client.Publish("publish"), way, pageHz)
	mustTalkFlash := func() {
		mustHear(t, sip, pageHz)
		mustHearFlash(t, client, way, phoneHz)
	}
	awaitState := func(want string) {
		for client.Await("callState").Args[1] != want {
			continue
		}
	}

	client.Call("makeCall", userName(phone))
	awaitState("ACTIVE")
	mustTalkFlash()
	client.Call("hangup")
	awaitState("HANGUP")
	_, err := sip.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)

	must(t, sip.Dial("sip:"+user))
	call := client.Await("incomingCall").Args[0]
	client.Call("answer", call)
	awaitState("ACTIVE")
	mustTalkFlash()
	must(t, sip.Hangup())
	if over := client.Await("onHangup"); over.Args[0] != call || over.Args[1] != "NORMAL_CLEARING" {
		t.Errorf("onHangup says %v", over.Args)
	}
}
