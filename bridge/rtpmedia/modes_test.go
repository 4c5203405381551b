package rtpmedia

import (
	"bytes"
	"testing"

	"sipbridge/transcode"
	"sipbridge/transcode/amr"
)

// TestModeRequests has a phone ask for a mode of AMR in its packets, and not in those of another codec.
func TestModeRequests(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	offer := party.offer("a=rtpmap:97 AMR/8000")
	party.call(session, bytes.Replace(offer, []byte("RTP/AVP 0 101"), []byte("RTP/AVP 97 101"), 1))
	requester, ok := session.Sender(transcode.Audio).(transcode.ModeRequester)
	if !ok || requester.RequestedMode() != amr.NoRequest {
		t.Fatal("a mode is asked for before the first packet")
	}
	heard := &recorder{}
	session.Receive(transcode.Audio, heard)
	for i, want := range []int{2, 7, amr.NoRequest} {
		party.sayAs(session.audio().address(), 97, false, []byte{byte(want)<<4 | 7, 0xc0})
		eventually(t, "the packet", func() bool { return heard.count() == i+1 })
		if got := requester.RequestedMode(); got != want {
			t.Errorf("mode %d is asked for, want %d", got, want)
		}
	}
	party.sayAs(session.audio().address(), 13, false, []byte{0x30})
	eventually(t, "the noise", func() bool { return heard.count() == 4 })
	if got := requester.RequestedMode(); got != amr.NoRequest {
		t.Errorf("noise asks for mode %d", got)
	}
}
