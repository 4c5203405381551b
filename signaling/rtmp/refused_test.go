//go:build !libavcodec

package rtmp_test

import (
	"strings"
	"testing"

	"sipbridge/signaling/rtmp/chunk"
)

// TestSoundThatNobodyUnderstands is refused with a status where libavcodec is missing: once to a Flash phone, whose
// call goes on, and as the end to an encoder.
func TestSoundThatNobodyUnderstands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	alice, _ := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	for range 3 {
		alice.Speak(stream, 0, append([]byte{0x52}, make([]byte, 64)...))
	}
	if said := alice.AwaitStatus("NetStream.Failed"); said != "415 Unsupported Media Type: Nellymoser" {
		t.Errorf("the phone is told %q", said)
	}
	alice.Ask("releaseStream", "local")
	if alice.Said("byed") != 0 || alice.Said("onStatus") != 2 {
		t.Errorf("the phone heard %+v", alice.Commands())
	}
	client, number := encoder(t, w, "live", "cam?to=phone")
	client.AwaitStatus("NetStream.Publish.Start")
	client.Send(4, chunk.Message{Type: chunk.Audio, StreamID: number, Payload: []byte{0xaf, 0, 0x12, 0x10}})
	if said := client.AwaitStatus("NetStream.Publish.Failed"); !strings.HasSuffix(said, "AAC") {
		t.Errorf("the encoder is told %q", said)
	}
	client.AwaitEnd()
}
