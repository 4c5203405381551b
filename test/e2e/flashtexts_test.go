package e2e

import (
	"testing"

	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/baresip"
)

// TestFlashTexts: a Flash phone and a SIP phone write to each other, and the SIP phone sees when the other is there.
func TestFlashTexts(t *testing.T) {
	t.Parallel()
	const flash, phone = 0, 1
	running, address := startFlash(t, userName(flash), userName(phone))
	uri := "sip:" + userName(flash) + "@localhost"
	sip := newPhone(t, baresip.Options{
		User: userName(phone), Password: password(0), Domain: "localhost", Registrar: running.SIP, Codec: "PCMU",
		Contact: uri,
	})
	client := rtmptest.Login(t, address, userName(flash)+"@localhost", password(0))
	must(t, sip.WaitText(`entity="`+uri+`"><tuple id="registration"><status><basic>open`, limit))
	const line = "Pêche à la moule ☎ 你好"
	client.Call("sendPagingMessage", userName(phone), line)
	must(t, sip.WaitText(line, limit))
	must(t, sip.Say(line))
	told := client.Await("receivedPagingMessage")
	if len(told.Args) != 2 || told.Args[0] != "<sip:"+userName(phone)+"@localhost>" || told.Args[1] != line {
		t.Errorf("the Flash phone hears %q", told.Args)
	}
	client.Close()
	must(t, sip.WaitText("changed status from", limit)) // of its contact
}
