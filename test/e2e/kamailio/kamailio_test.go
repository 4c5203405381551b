package kamailio_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/kamailio"
)

const limit = 20 * time.Second

// TestTwoPhonesThroughTheServer proves registrar, digest and forwarding without the bridge.
func TestTwoPhonesThroughTheServer(t *testing.T) {
	t.Parallel()
	passwords := map[string]string{"alice": "wonderland", "bob": "builder"}
	server, err := kamailio.Start(kamailio.Options{Domain: "pbx.test", Passwords: passwords, Dir: t.TempDir()})
	must(t, err)
	defer server.Stop()
	phones := map[string]*baresip.Phone{}
	for user, transport := range map[string]string{"alice": "udp", "bob": "tcp"} {
		phones[user], err = baresip.Start(baresip.Options{
			User: user, Domain: "pbx.test", Registrar: server.Address, Password: passwords[user],
			Codec: "PCMU", Transport: transport, Dir: t.TempDir(),
		})
		if err != nil {
			t.Fatal(err, server.Report())
		}
		defer phones[user].Stop()
	}
	must(t, phones["alice"].Dial("sip:bob@pbx.test"))
	_, err = phones["bob"].WaitEvent(baresip.Established, 1, limit)
	if err != nil {
		t.Fatal(err, server.Report())
	}
	must(t, phones["alice"].WaitTone(800, limit))
	must(t, phones["bob"].Hangup())
	_, err = phones["alice"].WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
}

// TestAStrangerIsNotRegistered would fail if the digest were not checked.
func TestAStrangerIsNotRegistered(t *testing.T) {
	t.Parallel()
	server, err := kamailio.Start(kamailio.Options{
		Domain: "pbx.test", Passwords: map[string]string{"alice": "wonderland"}, Dir: t.TempDir(),
	})
	must(t, err)
	defer server.Stop()
	conn, err := net.Dial("udp", server.Address)
	must(t, err)
	defer func() { _ = conn.Close() }()
	const digest = `Digest username="alice", realm="pbx.test", nonce="x", uri="sip:pbx.test", response="y"`
	_, err = fmt.Fprintf(conn, "REGISTER sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP %[1]s;branch=z9hG4bK1\r\n"+
		"From: <sip:alice@pbx.test>;tag=1\r\nTo: <sip:alice@pbx.test>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"+
		"Contact: <sip:alice@%[1]s>\r\nMax-Forwards: 70\r\nAuthorization: %[2]s\r\nContent-Length: 0\r\n\r\n",
		conn.LocalAddr(), digest)
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(limit)))
	response := make([]byte, 2000)
	length, err := conn.Read(response)
	must(t, err)
	if !bytes.HasPrefix(response[:length], []byte("SIP/2.0 401 ")) {
		t.Errorf("answered %s", response[:length])
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
