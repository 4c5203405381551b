package rtmp_test

import (
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/rtmptest"
)

// says lets a phone say something to the other party of its call, and gives the answer.
func says(phone bridgetest.Dialled, message bridge.Message) bridge.Cause {
	answer := make(chan bridge.Cause, 1)
	phone.Emit(bridge.Told{Message: message, Done: func(cause bridge.Cause) { answer <- cause }})
	return <-answer
}

func plain(text string) bridge.Message {
	return bridge.Message{ContentType: "text/plain", Body: []byte(text)}
}

// TestSendMessage says texts in a call.
func TestSendMessage(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	for _, odd := range []any{"", nil, 1.0, strings.Repeat("x", 9000), "\xff"} {
		alice.Call("sendMessage", odd)
	}
	alice.Call("sendMessage", "Grüße\r\nX-Evil: 1")
	told := bridgetest.Await[bridgetest.Tell](t, phone.Leg)
	if string(told.Message.Body) != "Grüße\r\nX-Evil: 1" || told.Message.ContentType != "text/plain;charset=UTF-8" ||
		told.Message.Data {
		t.Errorf("the phone is told %+v", told.Message)
	}
	told.Done(bridge.Cause{Status: 415})
	hearsWho(t, alice, phone)
}

// hearsWho lets the phone answer.
func hearsWho(t *testing.T, alice *rtmptest.Client, phone bridgetest.Dialled) {
	t.Helper()
	if cause := says(phone, plain("Hello\x00,\r\n<b>Alice</b>")); cause.Status != 200 {
		t.Errorf("it is answered %v", cause)
	}
	hears(t, alice, "receivedMessage", "Hello,\n<b>Alice</b>")
}

// TestReceivedMessage tells texts to a client that asked for them in its URL, if they can be told.
func TestReceivedMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test?messages=true", "secret")
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	alice.Await("accepted")
	for _, test := range []struct {
		message bridge.Message
		want    int
	}{
		{bridge.Message{ContentType: "text/html", Body: []byte("<b>x</b>")}, 415},
		{bridge.Message{ContentType: "text/plain;charset=utf-16", Body: []byte("x")}, 415},
		{bridge.Message{ContentType: "text/plain", Body: []byte("\xff")}, 415},
		{bridge.Message{ContentType: "application/dtmf", Data: true, Body: []byte("x")}, 415},
		{bridge.Message{ContentType: ";", Body: []byte("x")}, 415},
		{plain(strings.Repeat("x", 9000)), 413},
		{bridge.Message{ContentType: "TEXT/plain; charset=UTF-8", Body: []byte("x")}, 200},
	} {
		if cause := says(phone, test.message); cause.Status != test.want {
			t.Errorf("%s is answered %v", test.message.ContentType, cause)
		}
	}
	hears(t, alice, "receivedMessage", "x")
	hearsWho(t, alice, phone)
}

// TestFateOfTexts tells a client that asked for it in its URL what became of each of its texts; others hear at once
// that their command has come.
func TestFateOfTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test?messages=true", "secret")
	fails := func(transaction float64, why string) {
		t.Helper()
		if answer := alice.AwaitAnswer(transaction); answer.Name != "_error" || info(t, answer).Text("description") != why {
			t.Errorf("%s: the answer is %+v", why, answer)
		}
	}
	fails(alice.Call("sendMessage", "hello"), "481 Call/Transaction Does Not Exist")
	fails(alice.Call("sendMessage", ""), "400 Not a text, or too long")
	fails(alice.Call("sendPagingMessage", "bob\r\nX: y", "hello"), "400 invalid dest URI")
	fails(alice.Call("sendPagingMessage", "bob", ""), "400 Not a text, or too long")
	fails(alice.Call("sendPagingMessage", "nobody", "hello"), "404 Not Found")
	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	fails(alice.Call("sendPagingMessage", "bob", "hello"), "415 Unsupported Media Type")
	if answer := bob.Ask("sendPagingMessage", "nobody", "hello"); answer.Name != "_result" {
		t.Errorf("a client that did not ask hears %+v", answer)
	}
	if answer := alice.Ask("sendPagingMessage", "bob", "hello"); answer.Name != "_result" {
		t.Errorf("a text that was told is answered %+v", answer)
	}
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	alice.Await("accepted")
	said := alice.Call("sendMessage", "hello")
	bridgetest.Await[bridgetest.Tell](t, phone.Leg).Done(bridge.Cause{Status: 486, Text: "Busy Here"})
	fails(said, "486 Busy Here")
	said = alice.Call("sendMessage", "hello")
	bridgetest.Await[bridgetest.Tell](t, phone.Leg)
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	fails(said, "481 Call/Transaction Does Not Exist")
}

// TestMessagesAreOptIn tells no client of messages that may not know the callback.
func TestMessagesAreOptIn(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t), "pcmu")
	alice.Await("accepted")
	cause := says(phone, plain("hello"))
	if cause.Status != 415 || len(cause.Headers) != 1 || cause.Headers[0].Name != "Accept" {
		t.Errorf("it is answered %+v", cause)
	}
	alice.Ask("nothing")
	if alice.Said("receivedMessage") > 0 {
		t.Error("she hears of it")
	}
}
