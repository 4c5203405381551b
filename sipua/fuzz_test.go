package sipua

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
	"sipbridge/sipua/wire"
)

// ourTag stands for the tag that we gave, where the fuzzer speaks in the dialog.
const ourTag = "OURTAG"

// inDialog are requests inside the dialog of FuzzReceive's INVITE.
func inDialog() []string {
	p := &peer{word: "WS", remote: netip.MustParseAddrPort("192.0.2.9:5070")}
	script := newScript(p)
	script.branch, script.to = 100, "<sip:bob@out.example>;tag="+ourTag
	request := func(method, sequence, body string, extra ...string) string {
		return strings.Join(script.lines(method, sequence, extra...), "\r\n") + "\r\n\r\n" + body
	}
	const sdpType = "Content-Type: application/sdp"
	return []string{
		request("ACK", "1", "sdp", sdpType), request("BYE", "2", "", "Reason: SIP ;cause=408; text=\"x\""),
		request("INVITE", "2", "sdp opus", sdpType, "Session-Expires: 90;refresher=uas", "Require: timer"),
		request("INVITE", "2", ""), request("UPDATE", "3", "sdp sendonly", sdpType, "Session-Expires: 600"),
		request("INFO", "4", "Signal=5\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay"),
		request("REFER", "5", "", "Refer-To: <sip:carol@x?Replaces=id%3Bto-tag%3Da%3Bfrom-tag%3Db>"),
		request("OPTIONS", "6", ""), request("PRACK", "7", "", "RAck: 1 1 INVITE"), request("CANCEL", "1", ""),
	}
}

// FuzzReceive gives the agent an INVITE and then anything, on the same connection.
func FuzzReceive(f *testing.F) {
	for _, pattern := range []string{"wire/testdata/rfc*/*.dat", "wire/testdata/clients/*.sip"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw, true)
			f.Add(raw, false)
		}
	}
	for _, request := range inDialog() {
		f.Add([]byte(request), true)
		f.Add([]byte(request), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, webSocket bool) {
		s := newSetup(t, fastClock)
		word := "UDP"
		if webSocket {
			word = "WS"
		}
		flow := &deaf{word: word, remote: netip.MustParseAddrPort("192.0.2.9:5070"), gone: make(chan struct{})}
		p := &peer{word: word, remote: flow.remote}
		first := strings.Join(newScript(p).lines("INVITE", "1"), "\r\n") + "\r\nContent-Type: application/sdp\r\n\r\nsdp"
		s.agent.Receive(flow, []byte(first))
		leg := within(t, s.incoming, "call")
		leg.Answer(pcmu())
		raw = bytes.ReplaceAll(raw, []byte(ourTag), []byte(leg.Info().Dialog.LocalTag))
		s.agent.Receive(flow, raw)
		s.agent.Receive(flow, raw)
		if panics := s.agent.Stats().Panics; panics != 0 {
			t.Errorf("%d panics", panics)
		}
		flow.mu.Lock()
		defer flow.mu.Unlock()
		for _, sent := range flow.sent {
			checkReadable(t, sent)
		}
	})
}

// checkReadable fails if what we sent is not one whole message. An answer may repeat what could not be read.
func checkReadable(t *testing.T, raw []byte) {
	t.Helper()
	if bytes.Contains(raw[:bytes.Index(raw, []byte("\r\n\r\n"))], []byte("\x00")) {
		return
	}
	limits := wire.WebSocketLimits()
	limits.Message, limits.Line = 4*limits.Message, 4*limits.Line
	read, err := wire.Parse(raw, limits)
	if err != nil && !bytes.HasPrefix(raw, []byte("SIP/2.0 4")) && !bytes.HasPrefix(raw, []byte("SIP/2.0 5")) {
		t.Errorf("%v: %q", err, raw)
	}
	if response, ok := read.(*sip.Response); ok && response.StatusCode != 100 && message.Tag(response) == "" {
		t.Errorf("no tag: %q", raw)
	}
}

// FuzzHeaders reads the header values that this package parses itself.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"SIP ;cause=408; text=\"a;b\"",
		"Signal=#\r\nDuration=160\r\n", "5", "timer, 100rel", "application/sdp;q=0.5, */*", ";;;=", "4294967296",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		request := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
		for _, name := range []string{"Require", "Supported", "Accept", "Reason"} {
			request.AppendHeader(sip.NewHeader(name, value))
		}
		message.Accepts(request, content.SDP)
		if cause := message.CauseOf(request); cause.Status < 200 || cause.Status > 699 {
			t.Errorf("%q is status %d", value, cause.Status)
		}
		for _, contentType := range []string{contentDTMF, contentDTMFRelay} {
			key, ok := parseInfoDTMF(contentType, []byte(value))
			if ok && (!isKey(key.Digit) || key.Duration <= 0 || key.Duration > maxKeyDuration) {
				t.Errorf("%q is the key %+v", value, key)
			}
		}
	})
}
