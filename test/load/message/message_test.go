package message

import (
	"errors"
	"reflect"
	"testing"
)

const invite = "INVITE sip:call7@127.0.0.1:5090;transport=udp SIP/2.0\r\n" +
	"v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport\r\n" +
	"Record-Route: <sip:127.0.0.1;lr>\r\n" +
	"From: \"Load\" <sip:load1@localhost;x=y>;tag=a\r\n" +
	"t: <sip:call7@localhost>\r\n" +
	"Call-ID: 1\r\nCSeq: 3 INVITE\r\nl: 4\r\n\r\nv=0\n"

func TestRequest(t *testing.T) {
	t.Parallel()
	m, err := Parse([]byte(invite))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{
		m.Method(), m.URI(), User(m.URI()), m.Branch(), m.Body, Address(m.Get("From")), Parameter(m.Get("From"), "tag"),
	}
	want := []string{
		"INVITE", "sip:call7@127.0.0.1:5090;transport=udp", "call7", "z9hG4bK1", "v=0\n", "sip:load1@localhost;x=y", "a",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if m.Status() != 0 {
		t.Errorf("a request has the status %d", m.Status())
	}
}

func TestReplyRepeatsWhatItMust(t *testing.T) {
	t.Parallel()
	m, err := Parse([]byte(invite))
	if err != nil {
		t.Fatal(err)
	}
	reply := m.Reply(200, "OK", "b")
	const want = "SIP/2.0 200 OK\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport\r\n" +
		"Record-Route: <sip:127.0.0.1;lr>\r\n" +
		"From: \"Load\" <sip:load1@localhost;x=y>;tag=a\r\n" +
		"To: <sip:call7@localhost>;tag=b\r\n" +
		"Call-ID: 1\r\nCSeq: 3 INVITE\r\nContent-Length: 0\r\n\r\n"
	if got := string(reply.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if reply.Status() != 200 || reply.Method() != "INVITE" {
		t.Errorf("status %d, method %q", reply.Status(), reply.Method())
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	texts := []string{"", "\r\n\r\n", "INVITE\r\n\r\n", "INVITE a SIP/2.0\r\n", "BYE a SIP/2.0\r\nVia\r\n\r\n"}
	for _, text := range texts {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: got the error %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(invite))
	f.Add([]byte("SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(m.Bytes())
		if err != nil {
			t.Fatalf("%q cannot be read again: %v", m.Bytes(), err)
		}
		if again.Start != m.Start || len(again.Fields) != len(m.Fields) || again.Method() != m.Method() {
			t.Errorf("got %+v, want %+v", again, m)
		}
	})
}
