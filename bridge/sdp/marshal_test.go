package sdp_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

func full() *sdp.Session {
	return &sdp.Session{
		Origin:  sdp.Origin{Username: "-", SessionID: 7, Version: 3, Address: "192.0.2.1"},
		Address: "192.0.2.1", ICELite: true, Bundle: []string{"0"},
		Media: []sdp.Media{{
			Type: "audio", Port: 4000, Protocol: "UDP/TLS/RTP/SAVPF", Address: "2001:db8::1",
			RTCPPort: 4001, RTCPAddress: "192.0.2.2", RTCPMux: true, RTCPReducedSize: true,
			Formats: []sdp.Format{{
				Format: transcode.Format{
					Codec:       transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2},
					PayloadType: 111, Parameters: "useinbandfec=1",
				},
				Feedback: []string{"nack"},
			}},
			Direction: bridge.SendOnly, PacketTime: 20 * time.Millisecond, MaxPacketTime: 60 * time.Millisecond,
			MID: "0", BundleOnly: true, MSID: "a b", SSRCs: []sdp.SSRC{{ID: 9, CName: "c"}},
			ICEUfrag: "u", ICEPwd: "p", ICEOptions: []string{"ice2"},
			Candidates: []string{"1 1 udp 1 192.0.2.1 4000 typ host"}, EndOfCandidates: true,
			Fingerprints: []sdp.Fingerprint{{Hash: "sha-256", Value: "AB"}}, Setup: "passive",
			Crypto: []sdp.Crypto{{Tag: 1, Key: testKey()}},
		}},
	}
}

// testKey is of zeros only.
func testKey() srtp.Key {
	key, err := srtp.KeyOf(srtp.AEADAES128GCM, make([]byte, 28))
	if err != nil {
		panic(err)
	}
	return key
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		"v=0", "o=- 7 3 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "a=ice-lite", "a=group:BUNDLE 0",
		"m=audio 4000 UDP/TLS/RTP/SAVPF 111", "c=IN IP6 2001:db8::1", "a=rtcp:4001 IN IP4 192.0.2.2",
		"a=candidate:1 1 udp 1 192.0.2.1 4000 typ host", "a=end-of-candidates", "a=ice-ufrag:u", "a=ice-pwd:p",
		"a=ice-options:ice2", "a=fingerprint:sha-256 AB", "a=setup:passive",
		"a=crypto:1 AEAD_AES_128_GCM " + inline(28), "a=mid:0",
		"a=bundle-only", "a=sendonly", "a=msid:a b", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:111 opus/48000/2",
		"a=rtcp-fb:111 nack", "a=fmtp:111 useinbandfec=1", "a=ptime:20", "a=maxptime:60", "a=ssrc:9 cname:c", "",
	}, "\r\n")
	if got := marshal(t, full()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestMarshalRefused(t *testing.T) {
	t.Parallel()
	offer := parse(t, head+"m=image 15002 udptl t38\r\na=mid:x\r\n"+
		"m=video 5000 RTP/AVP 34 99\r\na=rtpmap:99 H264/90000\r\n")
	answer := &sdp.Session{Origin: sdp.Origin{Address: "192.0.2.1"}, Address: "192.0.2.1"}
	for _, media := range offer.Media {
		answer.Media = append(answer.Media, media.Refuse())
	}
	want := "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
		"m=image 0 udptl t38\r\na=mid:x\r\na=inactive\r\nm=video 0 RTP/AVP 34 99\r\na=inactive\r\n"
	if got := marshal(t, answer); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestMarshalTakesNoLineBreak puts a line break into every string of a session, one after the other.
func TestMarshalTakesNoLineBreak(t *testing.T) {
	t.Parallel()
	for _, poison := range []string{"x\r\na=sendonly", "x\ny", "x\ry", "x\x00"} {
		tried := 0
		for {
			session, skip := full(), tried
			if !poisonString(reflect.ValueOf(session).Elem(), poison, &skip) {
				break
			}
			tried++
			if printed, err := session.Marshal(); !errors.Is(err, sdp.ErrUnprintable) {
				t.Errorf("field %d holds %q: got error %v and\n%s", tried, poison, err, printed)
			}
		}
		if tried < 20 {
			t.Errorf("only %d fields were found", tried)
		}
	}
}

// poisonString sets the skip-th string that is printed, counted from 0, and tells whether there is one.
func poisonString(value reflect.Value, poison string, skip *int) bool {
	switch value.Kind() {
	case reflect.String:
		if *skip == 0 {
			value.SetString(poison)
			return true
		}
		*skip--
	case reflect.Struct:
		for _, field := range value.Fields() {
			if poisonString(field, poison, skip) {
				return true
			}
		}
	case reflect.Slice:
		for i := range value.Len() {
			if poisonString(value.Index(i), poison, skip) {
				return true
			}
		}
	default: // numbers and flags cannot hold a line break
	}
	return false
}

func TestMarshalNamesNoKey(t *testing.T) {
	t.Parallel()
	session := full()
	session.Media[0].ICEPwd = "secret\n"
	if _, err := session.Marshal(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got error %v", err)
	}
}
