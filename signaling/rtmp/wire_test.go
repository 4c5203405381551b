package rtmp_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/handshake"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// real3 makes a command of a client that speaks AMF3 in earnest: each argument behind the null switches to it.
func real3(t *testing.T, name string, transaction float64, args ...any) chunk.Message {
	t.Helper()
	body := append([]byte{0}, encode(t, name, transaction, nil)...)
	for _, arg := range args {
		value, err := amf.Encode3(arg)
		if err != nil {
			t.Fatal(err)
		}
		body = append(append(body, 0x11), value...)
	}
	return chunk.Message{Type: chunk.Command3, Payload: body}
}

// TestAMF3Commands gives commands in AMF3, with numbers of both kinds, lists and objects among the arguments.
func TestAMF3Commands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Dial(t, w.address, rtmptest.Options{AMF3: true})
	alice.Connect("sip/alice@test", "alice", "secret")
	object := amf.Object{Properties: []amf.Property{{Name: "pcma", Value: "pcma"}}}
	alice.Send(3, real3(t, "invite", 20, "sip:phone@test", object, amf.Array{"pcmu", 1.0}))
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	if accepted := alice.Await("accepted"); accepted.Args[0] != "pcmu" || accepted.Type != chunk.Command3 {
		t.Errorf("accepted says %+v", accepted)
	}
	for i, key := range []any{5.0, "6", 7.0} {
		alice.Send(3, real3(t, "sendDTMF", 21+float64(i), key))
	}
	for _, want := range []byte("567") {
		if key := bridgetest.Await[bridgetest.SendDTMF](t, phone.Leg).Key; key.Digit != want {
			t.Errorf("the phone gets %c, not %c", key.Digit, want)
		}
	}
	alice.Send(3, real3(t, "hold", 30, true))
	if direction := bridgetest.Await[bridgetest.SetDirection](t, phone.Leg).Direction; direction != bridge.SendOnly {
		t.Errorf("hold makes it %v", direction)
	}
	if answer := alice.AwaitAnswer(30); answer.Name != "_result" {
		t.Errorf("hold is answered %+v", answer)
	}
}

// TestDataMessages takes what publishers say about their streams, of both encodings, and goes on.
func TestDataMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, phone := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	object := amf.Object{Properties: []amf.Property{{Name: "audiocodecid", Value: 8.0}}}
	body := encode(t, "@setDataFrame", "onMetaData", object)
	alice.Send(4, chunk.Message{Type: chunk.Data0, StreamID: stream, Payload: body})
	alice.Send(4, chunk.Message{Type: chunk.Data3, StreamID: stream, Payload: append([]byte{0}, body...)})
	alice.Send(4, chunk.Message{Type: 16, StreamID: stream, Payload: body}) // shared objects
	alice.Send(chunk.ControlStream, chunk.Number(chunk.Acknowledgement, 4000))
	alice.Send(chunk.ControlStream, chunk.Bandwidth(1<<20))
	speak(t, alice, stream, 0x82, 0, 1)
	phone.FakeMedia().AwaitSent(t, transcode.Audio, 1)
	if malformed := w.server.Stats().Malformed; malformed != 0 {
		t.Errorf("%d count as malformed", malformed)
	}
}

// TestLongCall says sound with timestamps that no longer fit three bytes, in messages of several chunks, and hears
// what the server says.
func TestLongCall(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	const afterFiveHours = 5 * 3600 * 1000
	speak(t, alice, stream, 0x82, afterFiveHours, 50)
	sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 50)
	for i, packet := range sent {
		if packet.Timestamp-sent[0].Timestamp != uint32(i)*160 {
			t.Errorf("packet %d is at %d", i, packet.Timestamp-sent[0].Timestamp)
		}
	}
	checkTone(t, bridgetest.PCMU(), payloadsOf(sent))
}

// TestLastWord: a client that is rejected hears why, though answers to what it said meanwhile wait behind it.
func TestLastWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var dialer net.Dialer
	for range 5 {
		socket, err := dialer.DialContext(t.Context(), "tcp", w.address)
		if err != nil {
			t.Fatal(err)
		}
		if err := handshake.Client(socket, handshake.Simple); err != nil {
			t.Fatal(err)
		}
		writer := chunk.NewWriter(socket) // which keeps them together
		object := amf.Object{Properties: []amf.Property{{Name: "app", Value: "chat"}}}
		hello := chunk.Message{Type: chunk.Command0, Payload: encode(t, "connect", 1.0, object)}
		if err := writer.WriteMessage(3, hello); err != nil {
			t.Fatal(err)
		}
		for number := range uint32(20) {
			if err := writer.WriteMessage(chunk.ControlStream, chunk.Event(chunk.PingRequest, number)); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
		if !hearsRejection(t, socket) {
			t.Error("it is not told why it is rejected")
		}
		_ = socket.Close() // the server has done so
	}
}

// hearsRejection reads to the end.
func hearsRejection(t *testing.T, socket net.Conn) bool {
	t.Helper()
	if err := socket.SetReadDeadline(time.Now().Add(rtmptest.Patience)); err != nil {
		t.Fatal(err)
	}
	reader := chunk.NewReader(socket, chunk.ReaderOptions{})
	for {
		message, err := reader.ReadMessage()
		if err != nil {
			return false
		}
		if message.Type == chunk.Command0 && bytes.Contains(message.Payload, []byte("Application not found: chat")) {
			return true
		}
	}
}
