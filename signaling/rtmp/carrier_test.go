package rtmp_test

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/signaling/rtmp/xflv"
	"sipbridge/transcode"
)

// TestMessagesBetweenFlashPhones: two clients that have no codec of pictures but Sorenson, and one of sound, pass all
// on untouched.
func TestMessagesBetweenFlashPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	alice.Call("invite", "bob", "wideband", "flv")
	bob.Await("invited")
	bob.Call("accept", "wideband", "flv")
	for _, client := range []*rtmptest.Client{alice, bob} {
		if accepted := client.Await("accepted"); accepted.Args[0] != "default" || accepted.Args[1] != "default" {
			t.Errorf("accepted says %v", accepted.Args)
		}
	}
	bob.Play("remote")
	stream := alice.Publish("local")
	picture := append([]byte{0x12}, bytes.Repeat([]byte{7}, 5000)...)
	nellymoser := append([]byte{0x52}, bytes.Repeat([]byte{8}, 64)...)
	for number := range uint32(10) {
		alice.Show(stream, 40*number, picture)
		alice.Speak(stream, 32*number, nellymoser)
	}
	seen, heard := bob.AwaitSeen(10), bob.AwaitHeard(10)
	if !bytes.Equal(seen[9].Payload, picture) || !bytes.Equal(heard[9].Payload, nellymoser) {
		t.Errorf("bob sees %d bytes and hears %d", len(seen[9].Payload), len(heard[9].Payload))
	}
	if step := seen[9].Timestamp - seen[0].Timestamp; step != 360 {
		t.Errorf("ten pictures go on by %d ms", step)
	}
}

// TestMessagesTowardSiprtmp: a gateway at the other end offers x-flv beside sound, and is sent it under its number.
func TestMessagesTowardSiprtmp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Call("invite", "sip:phone@test", "wideband", "pcmu", "flv")
	phone := w.phone.AwaitDial(t)
	answer := bridgetest.Audio(bridgetest.PCMU())
	flash := transcode.Format{Codec: transcode.Codec{Name: "x-flv", ClockRate: 90000}, PayloadType: 107}
	answer.Media = append(answer.Media, bridge.MediaDescription{
		Kind: transcode.Video, Formats: []transcode.Format{flash},
	})
	phone.Emit(bridge.Answered{Answer: answer})
	alice.Await("accepted")
	media := phone.FakeMedia()
	media.AwaitPlugged(t, transcode.Video)
	alice.Play("remote")
	stream := alice.Publish("local")
	alice.Show(stream, 10, append([]byte{0x12}, make([]byte, 1500)...))
	sent := media.AwaitSent(t, transcode.Video, 2)
	if sent[0].PayloadType != 107 || len(sent[0].Payload) != 1012 || string(sent[0].Payload[:4]) != "RTMP" {
		t.Errorf("the gateway is sent %+v with %d bytes", sent[0].Header, len(sent[0].Payload))
	}
	number := uint16(0)
	var splitter xflv.Splitter
	for _, message := range []chunk.Message{
		{Type: chunk.Video, Timestamp: 5, Payload: append([]byte{0x12}, make([]byte, 2500)...)},
		{Type: chunk.Audio, Timestamp: 7, Payload: []byte{0xb2, 1, 2}},
	} {
		splitter.Split(message, func(payload []byte) {
			number++
			header := rtp.Header{PayloadType: 107, SequenceNumber: number, Timestamp: message.Timestamp * 90, SSRC: 9}
			if _, err := media.Deliver(transcode.Video, &rtp.Packet{Header: header, Payload: payload}); err != nil {
				t.Error(err)
			}
		})
	}
	if seen, heard := alice.AwaitSeen(1)[0], alice.AwaitHeard(1)[0]; len(seen.Payload) != 2501 || len(heard.Payload) != 3 {
		t.Errorf("alice sees %d bytes and hears %d", len(seen.Payload), len(heard.Payload))
	}
}
