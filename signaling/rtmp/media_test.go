package rtmp_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// speak says so many messages of G.711 of 20 ms with a tone, from a time in milliseconds on.
func speak(t *testing.T, client *rtmptest.Client, stream uint32, tag byte, from, count uint32) {
	t.Helper()
	format := bridgetest.PCMU()
	if tag == 0x72 {
		format = bridgetest.PCMA()
	}
	encoder, err := transcode.NewEncoder(format, 8000, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tone := dtmf.NewTone(8000, 0, 1004)
	for number := range count {
		pcm, payload := make([]int16, 160), make([]byte, 161)
		tone.Read(pcm)
		payload[0] = tag
		if _, err := encoder.Encode(pcm, payload[1:]); err != nil {
			t.Fatal(err)
		}
		client.Speak(stream, from+20*number, payload)
	}
}

// checkTone wants the tone in sound of G.711.
func checkTone(t *testing.T, format transcode.Format, payloads [][]byte) {
	t.Helper()
	decoder, err := transcode.NewDecoder(format, 8000)
	if err != nil {
		t.Fatal(err)
	}
	var heard []int16
	for _, payload := range payloads {
		pcm := make([]int16, 2000)
		n, err := decoder.Decode(payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, pcm[:n]...)
	}
	amplitude, want := dtmf.Goertzel(heard, 8000, 1004), dtmf.Amplitude(0)
	if math.Abs(amplitude-want) > want*0.1 {
		t.Errorf("the amplitude at 1004 Hz is %.0f, want %.0f", amplitude, want)
	}
}

func payloadsOf(packets []*rtp.Packet) [][]byte {
	payloads := make([][]byte, 0, len(packets))
	for _, packet := range packets {
		payloads = append(payloads, packet.Payload)
	}
	return payloads
}

func soundOf(messages []chunk.Message) [][]byte {
	payloads := make([][]byte, 0, len(messages))
	for _, message := range messages {
		payloads = append(payloads, message.Payload[1:])
	}
	return payloads
}

func TestToneFromFlash(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	speak(t, alice, stream, 0x82, 1000, 50)
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 50)
	checkTone(t, bridgetest.PCMU(), payloadsOf(sent))
	for i, packet := range sent {
		if packet.PayloadType != 0 || len(packet.Payload) != 160 || packet.SSRC != sent[0].SSRC ||
			packet.SequenceNumber-sent[0].SequenceNumber != uint16(i) ||
			packet.Timestamp-sent[0].Timestamp != uint32(i)*160 || packet.Marker != (i == 0) {
			t.Errorf("packet %d is %+v", i, packet.Header)
		}
	}
}

// TestLongMessages is how some clients say G.711: 128 ms at once.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	for number := range uint32(10) {
		alice.Speak(stream, 128*number, append([]byte{0x82}, make([]byte, 1024)...))
	}
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 64)
	for i, packet := range sent {
		if len(packet.Payload) != 160 || packet.Timestamp-sent[0].Timestamp != uint32(i)*160 {
			t.Errorf("packet %d has %d bytes at %d", i, len(packet.Payload), packet.Timestamp-sent[0].Timestamp)
		}
	}
}

func TestToneToFlash(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Play("remote")
	encoder, err := transcode.NewEncoder(bridgetest.PCMU(), 8000, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tone := dtmf.NewTone(8000, 0, 1004)
	for number := range uint16(50) {
		pcm, packet := make([]int16, 160), &rtp.Packet{Payload: make([]byte, 160)}
		tone.Read(pcm)
		if _, err := encoder.Encode(pcm, packet.Payload); err != nil {
			t.Fatal(err)
		}
		packet.Header = rtp.Header{SequenceNumber: number, Timestamp: uint32(number) * 160, SSRC: 5}
		if _, err := phone.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
			t.Fatal(err)
		}
	}
	heard := alice.AwaitHeard(50)
	checkTone(t, bridgetest.PCMU(), soundOf(heard))
	for i, message := range heard {
		if message.StreamID != stream || message.Payload[0] != 0x82 || message.Timestamp-heard[0].Timestamp != uint32(i)*20 {
			t.Errorf("message %d is on %d at %d", i, message.StreamID, message.Timestamp-heard[0].Timestamp)
		}
	}
}

// TestSilenceStaysAGap moves the time on with nothing said.
func TestSilenceStaysAGap(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	speak(t, alice, stream, 0x82, 0, 2)
	speak(t, alice, stream, 0x82, 2000, 1)
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 3)
	if gap := sent[2].Timestamp - sent[1].Timestamp; gap != (2000-20)*8 || !sent[2].Marker {
		t.Errorf("the timestamp goes on by %d, marker %v", gap, sent[2].Marker)
	}
}

// TestTagIsTheTruth sends A-law where µ-law was agreed.
func TestTagIsTheTruth(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu", "pcma")
	alice.Await("accepted")
	stream := alice.Publish("local")
	bridgetest.Eventually(t, "A-law is heard", func() bool {
		speak(t, alice, stream, 0x72, 0, 1)
		return len(phone.FakeMedia().Sent(transcode.Audio)) >= 1
	})
	speak(t, alice, stream, 0x72, 5000, 50)
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 51)
	checkTone(t, bridgetest.PCMU(), payloadsOf(sent[1:])) // the phone keeps its codec
	alice.Play("remote")
	next := uint16(0) // the way back may still be the old one for a moment
	bridgetest.Eventually(t, "the phone is heard", func() bool {
		deliver(t, phone.FakeMedia(), next, 1)
		next++
		return len(alice.AwaitHeard(0)) >= 3
	})
	if heard := alice.AwaitHeard(3); heard[0].Payload[0] != 0x72 {
		t.Errorf("heard %x, want A-law", heard[0].Payload[:1])
	}
}

func TestFlashToFlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	alice.Call("invite", "bob", "pcmu")
	if invited := bob.Await("invited"); invited.Args[0] != `"alice" <sip:alice@test>` {
		t.Errorf("invited says %v", invited.Args)
	}
	alice.Await("ringing")
	bob.Call("accept", "pcmu")
	alice.Await("accepted")
	bob.Await("accepted")
	for _, pair := range [2][2]*rtmptest.Client{{alice, bob}, {bob, alice}} {
		pair[1].Play("remote")
		speak(t, pair[0], pair[0].Publish("local"), 0x82, 0, 50)
		checkTone(t, bridgetest.PCMU(), soundOf(pair[1].AwaitHeard(50)))
	}
	alice.Call("hold", true)
	if held := bob.Await("holded"); held.Args[0] != true {
		t.Errorf("holded says %v", held.Args)
	}
	bob.Call("bye")
	alice.Await("byed")
	if bob.Said("byed") > 0 {
		t.Error("who says bye is told byed")
	}
}

func TestCloseStreamAndDeleteStream(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	alice.CloseStream(stream)
	speak(t, alice, stream, 0x82, 0, 1)
	alice.Ask("releaseStream", "local")
	alice.Ask("FCPublish", "local")
	again := alice.Publish("local") // the name is free
	speak(t, alice, again, 0x82, 0, 1)
	phone.FakeMedia().AwaitSent(t, transcode.Audio, 1)
	alice.Ask("deleteStream", float64(again))
	speak(t, alice, again, 0x82, 20, 1)
	third := alice.Publish("local")
	speak(t, alice, third, 0x82, 40, 1)
	phone.FakeMedia().AwaitSent(t, transcode.Audio, 2)
	alice.Ask("bye")
	if sent := phone.FakeMedia().Sent(transcode.Audio); len(sent) != 2 {
		t.Errorf("%d packets were sent", len(sent))
	}
}

// TestOddSound sends what nobody can use, as fast as it goes.
func TestOddSound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, phone := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	for _, tag := range []byte{0x52, 0x62, 0xaf, 0x2f, 0x00, 0xff} {
		alice.Speak(stream, 0, []byte{tag, 1, 2, 3})
	}
	alice.Speak(stream, 0, nil)
	alice.Speak(stream, 0, []byte{0x82})
	alice.Speak(stream, 0, append([]byte{0x82}, make([]byte, 9000)...))
	alice.Speak(stream+7, 0, []byte{0x82, 1})
	for range 1000 {
		alice.Speak(stream, 0, []byte{0xcf, 1}) // a codec number that means nothing
	}
	alice.Send(6, chunk.Message{Type: chunk.Video, StreamID: stream, Payload: make([]byte, 1<<20)})
	alice.Ask("noSuchCommand")
	if sent := phone.FakeMedia().Sent(transcode.Audio); len(sent) > 0 {
		t.Errorf("%d packets were sent", len(sent))
	}
	if stats := w.server.Stats(); stats.AudioDropped < 1000 || stats.Malformed > 0 {
		t.Errorf("counted %+v", stats)
	}
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	alice.Await("byed")
}

// TestAggregate says three messages in one.
func TestAggregate(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	var body []byte
	for number := range byte(3) {
		body = append(body, chunk.Audio, 0, 0, 161, 0, 0, 20*number, 0, 0, 0, 0, 0x82)
		body = append(body, make([]byte, 160)...)
		body = append(body, 0, 0, 0, 172)
	}
	alice.Send(5, chunk.Message{Type: chunk.Aggregate, StreamID: stream, Timestamp: 500, Payload: body})
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 3)
	if sent[2].Timestamp-sent[0].Timestamp != 320 {
		t.Errorf("the third is at %d", sent[2].Timestamp-sent[0].Timestamp)
	}
}

// TestDisorderToFlash delivers packets as a bad network does: swapped, twice, and one never.
func TestDisorderToFlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, phone := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	alice.Play("remote")
	for _, number := range []uint16{0, 2, 1, 1, 3, 5, 6, 4, 8, 9, 10, 11} { // 7 never comes
		packet := &rtp.Packet{
			Header:  rtp.Header{SequenceNumber: number, Timestamp: uint32(number) * 160, SSRC: 7},
			Payload: bytes.Repeat([]byte{byte(number)}, 160),
		}
		if _, err := phone.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []byte
	heard := alice.AwaitHeard(11)
	for _, message := range heard {
		numbers = append(numbers, message.Payload[1])
		if want := heard[0].Timestamp + 20*uint32(message.Payload[1]); message.Timestamp != want {
			t.Errorf("packet %d is at %d, not %d", message.Payload[1], message.Timestamp, want)
		}
	}
	if want := []byte{0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11}; !bytes.Equal(numbers, want) {
		t.Errorf("heard %v, want %v", numbers, want)
	}
	if lost := w.server.Stats().AudioLost; lost != 1 {
		t.Errorf("%d count as lost", lost)
	}
}
