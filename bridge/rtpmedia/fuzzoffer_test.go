package rtpmedia

import (
	"strings"
	"testing"
	"time"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// FuzzOffer lets anybody offer, again and again in one session. What is answered has to fit the offer, and where media
// must be protected there is a key of ours for each section that is taken.
func FuzzOffer(f *testing.F) {
	ports, err := NewPortRange(20000, 29999, 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	session, err := New(Options{
		Ports: ports, Timeout: -1, ReportInterval: time.Hour, Security: Security{Policy: Required, Offer: true},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = session.Close() })
	const head = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/SAVP 0 8\r\n"
	const key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
	f.Add([]byte(head + key))
	f.Add([]byte(head + key + "m=video 4002 RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n" + key))
	f.Add([]byte(head + key + "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" +
		"a=candidate:1 1 UDP 1 127.0.0.1 4000 typ host\r\na=rtcp-mux\r\n"))
	f.Add([]byte(head + "m=audio 4004 RTP/AVP 0\r\n" + key + "a=rtcp:4009 IN IP4 127.0.0.1\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		offered, err := session.SetOffer(text)
		if err != nil {
			return
		}
		answer, err := session.Answer(offered)
		if err != nil {
			session.Rollback()
			return
		}
		answered, err := sdp.Parse(answer)
		if err != nil || len(answered.Media) != len(offered.Media) {
			t.Fatalf("%v:\n%s\nanswered\n%s", err, text, answer)
		}
		for _, media := range answered.Media {
			if !media.Refused() && len(media.Crypto) != 1 {
				t.Errorf("not protected:\n%s", answer)
			}
		}
		for _, kind := range transcode.Kinds() {
			agreed := session.streams[kind].agreed.Load()
			if agreed != nil && len(agreed.formats) > 0 && agreed.protection == nil {
				t.Errorf("%s goes in clear after\n%s", kind, text)
			}
		}
		if strings.Contains(string(answer), "\n\n") {
			t.Errorf("an empty line:\n%s", answer)
		}
	})
}
