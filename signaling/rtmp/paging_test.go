package rtmp_test

import (
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/rtmptest"
)

// writes lets somebody write to alice outside of calls, and gives the answer.
func (w *world) writes(message bridge.Message) bridge.Cause {
	answer := make(chan bridge.Cause, 1)
	w.exchange.Text(bridge.Request{
		From: bridge.Party{Name: "Carol", URI: "sip:carol@test"}, To: "sip:alice@test",
	}, message, func(cause bridge.Cause) { answer <- cause })
	return <-answer
}

// TestPagingMessages writes from one Flash phone to another, which knows of messages since it has sent one.
func TestPagingMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, bob := login(t, w), rtmptest.Login(t, w.address, "bob@test?messages=true", "secret")
	for _, odd := range [][]any{
		{"", "x"},
		{"bob", ""},
		{"bob"},
		{"bob", 1.0},
		{"bob\r\nX: y", "x"},
		{"bob", strings.Repeat("x", 9000)},
		{"nobody", "x"},
	} {
		alice.Call("sendPagingMessage", odd...)
	}
	alice.Call("sendPagingMessage", "bob", "lunch?\r\nX-Evil: 1")
	hears(t, bob, "receivedPagingMessage", `"alice" <sip:alice@test>`, "lunch?\nX-Evil: 1")
	bob.Call("sendPagingMessage", `"Alice" <sip:alice@test>`, "yes")
	hears(t, alice, "receivedPagingMessage", `"bob" <sip:bob@test>`, "yes")
	if said := bob.Said("receivedPagingMessage"); said != 1 {
		t.Errorf("bob hears %d messages", said)
	}
}

// TestPagingMessageToAll reaches those of a user's clients that know of messages, and no others.
func TestPagingMessageToAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := login(t, w)
	if cause := w.writes(plain("hello")); cause.Status != 415 {
		t.Errorf("it is answered %v", cause)
	}
	one := rtmptest.Login(t, w.address, "alice@test?messages=true", "secret")
	other := rtmptest.Login(t, w.address, "alice@test?x=y&messages=true", "secret")
	if cause := w.writes(plain("hello")); cause.Status != 200 {
		t.Errorf("it is answered %v", cause)
	}
	for _, client := range []*rtmptest.Client{one, other} {
		hears(t, client, "receivedPagingMessage", `"Carol" <sip:carol@test>`, "hello")
	}
	if old.Ask("nothing"); old.Said("receivedPagingMessage") > 0 {
		t.Error("a client that may not know the callback hears of it")
	}
	if cause := w.writes(bridge.Message{ContentType: "text/html", Body: []byte("<b>")}); cause.Status != 415 {
		t.Errorf("it is answered %v", cause)
	}
}
