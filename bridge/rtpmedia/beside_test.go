package rtpmedia

import (
	"bytes"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// TestFormatBeside answers with a second codec, in which the phone may send and is not spoken to.
func TestFormatBeside(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	heard := &recorder{}
	session.Receive(transcode.Audio, heard)
	offer := bytes.Replace(party.offer("a=rtpmap:97 iLBC/8000"), []byte("RTP/AVP 0 101"), []byte("RTP/AVP 97 0 101"), 1)
	description := must[bridge.Description](t)(session.SetOffer(offer))
	beside := description.Media[0].Formats[0]
	beside.Parameters = "mode=30"
	description.Media[0].Formats = []transcode.Format{description.Media[0].Formats[1], beside}
	answer := string(must[[]byte](t)(session.Answer(description)))
	if !strings.Contains(answer, "RTP/AVP 0 97 101\r\n") || !strings.Contains(answer, "a=fmtp:97 mode=30\r\n") {
		t.Errorf("answered %s", answer)
	}
	for i, payloadType := range []uint8{97, 0} {
		party.sayAs(session.audio().address(), payloadType, false, make([]byte, 50))
		eventually(t, "the packet", func() bool { return heard.count() == i+1 })
		if got := heard.all()[i].PayloadType; got != payloadType {
			t.Errorf("packet %d comes as %d", i, got)
		}
	}
	if event, _ := session.audio().agreed.Load().event(); event.PayloadType != 101 {
		t.Errorf("keys go as %+v", event)
	}
}
