package sdp_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
)

const head = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

func parse(t *testing.T, text string) *sdp.Session {
	t.Helper()
	session, err := sdp.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	audio := "m=audio 4000 RTP/AVP 0\r\n"
	formats := func(n int) string { return "m=audio 4000 RTP/AVP" + strings.Repeat(" 0", n) + "\r\n" }
	tests := map[string]struct {
		text   string
		status int
		err    error
	}{
		"empty":             {"", 400, sdp.ErrMalformed},
		"blank":             {"\r\n\r\n", 400, sdp.ErrMalformed},
		"not a description": {"Signal=5\r\nDuration=160\r\n", 400, sdp.ErrMalformed},
		"NUL":               {head + audio + "a=mid:\x00\r\n", 400, sdp.ErrMalformed},
		"CR inside a line":  {head + audio + "a=mid:1\ra=sendonly\r\n", 400, sdp.ErrMalformed},
		"short m= line":     {head + "m=audio 4000 RTP/AVP\r\n", 400, sdp.ErrMalformed},
		"port not a number": {head + "m=audio x RTP/AVP 0\r\n", 400, sdp.ErrMalformed},
		"port too large":    {head + "m=audio 65536 RTP/AVP 0\r\n", 400, sdp.ErrMalformed},
		"negative port":     {head + "m=audio -1 RTP/AVP 0\r\n", 400, sdp.ErrMalformed},
		"too large":         {head + audio + "a=x:" + strings.Repeat("y", sdp.MaxBytes) + "\r\n", 413, sdp.ErrTooLarge},
		"too many lines":    {head + strings.Repeat("a=x\r\n", sdp.MaxLines), 488, sdp.ErrTooMany},
		"too many sections": {head + strings.Repeat(audio, sdp.MaxMedia+1), 488, sdp.ErrTooMany},
		"too many formats":  {head + formats(sdp.MaxFormats+1), 488, sdp.ErrTooMany},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sdp.Parse([]byte(test.text))
			if got := status(t, err); got != test.status {
				t.Errorf("got status %d, want %d", got, test.status)
			}
			if !errors.Is(err, test.err) {
				t.Errorf("got error %v, want %v", err, test.err)
			}
		})
	}
}

func TestParseAtTheLimits(t *testing.T) {
	t.Parallel()
	session := parse(t, head+"m=audio 4000 RTP/AVP"+strings.Repeat(" 0", sdp.MaxFormats)+"\r\n"+
		strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", sdp.MaxCandidates+10)+
		strings.Repeat("m=video 0 RTP/AVP 34\r\n", sdp.MaxMedia-1))
	if len(session.Media) != sdp.MaxMedia {
		t.Errorf("got %d sections", len(session.Media))
	}
	if formats := session.Media[0].Formats; len(formats) != 1 {
		t.Errorf("a repeated payload type counts once, got %v", formats)
	}
	if got := len(session.Media[0].Candidates); got != sdp.MaxCandidates {
		t.Errorf("got %d candidates", got)
	}
}

// TestPacketTimes holds what the other party is asked for, and packets are made in: what a party prefers, within what
// it takes at most.
func TestPacketTimes(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]time.Duration{
		"": 0, "a=ptime:30\n": 30 * time.Millisecond, "a=maxptime:60\n": 0, "a=maxptime:10\n": 10 * time.Millisecond,
		"a=ptime:40\na=maxptime:30\n": 30 * time.Millisecond, "a=ptime:30\na=maxptime:1\n": 30 * time.Millisecond,
		"a=maxptime:150\na=ptime:60\n": 60 * time.Millisecond,
	} {
		session := parse(t, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n"+lines)
		if got := session.Description().Media[0].PacketTime; got != want {
			t.Errorf("%q: %v, want %v", lines, got, want)
		}
	}
}

func TestParseOddities(t *testing.T) {
	t.Parallel()
	session := parse(t, "v=0\n\no=x\nc=IN IP4\nhello\nz\n"+
		"M=audio 1 RTP/AVP 0\n"+
		"m=AUDIO 4000/2 rtp/avp 0 97 98 99 200 x 97\n"+
		"c=IN IP4 224.2.36.42/127\n"+
		"a=RTPMAP:97 iLBC/8000\n"+
		"a=rtpmap:98 bad\na=rtpmap:98 /8000\na=rtpmap:98 x/0\na=rtpmap:99 a b/8000\na=rtpmap:300 y/8000\na=rtpmap:* y/8000\n"+
		"a=fmtp:97 mode=30\na=fmtp\na=fmtp:x\n"+
		"a=rtcp-fb:* nack\na=rtcp-fb:97 ccm fir\n"+
		"a=ptime:20.5\na=maxptime:99999\na=rtcp:x\na=rtcp:\na=ssrc:x\na=fingerprint:sha-1\na=fingerprint:sha-1 0G\n")
	if len(session.Media) != 1 {
		t.Fatalf("got %d sections", len(session.Media))
	}
	media := session.Media[0]
	if media.Type != "audio" || !media.RTP() || media.Address != "224.2.36.42" || media.Port != 4000 {
		t.Errorf("got %+v", media)
	}
	if media.PacketTime != 20*time.Millisecond || media.MaxPacketTime != 0 ||
		media.Fingerprints != nil || media.SSRCs != nil {
		t.Errorf("got %+v", media)
	}
	var formats []string
	for _, format := range media.Formats {
		formats = append(formats, fmt.Sprint(format.PayloadType, " ", format.Codec, " ", format.Parameters, format.Feedback))
	}
	want := []string{"0 PCMU/8000 [nack]", "97 iLBC/8000 mode=30[ccm fir nack]"}
	if !slices.Equal(formats, want) {
		t.Errorf("got %q, want %q", formats, want)
	}
}

func TestParseSessionLevel(t *testing.T) {
	t.Parallel()
	session := parse(t, head+"a=ice-lite\r\na=group:LS x\r\na=group:BUNDLE 0 1\r\na=group:BUNDLE 2\r\n"+
		"a=ice-ufrag:abcd\r\na=ice-pwd:efgh\r\na=setup:ACTIVE\r\na=fingerprint:SHA-256 ab:cd\r\na=recvonly\r\n"+
		"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ssrc:7 cname:a\r\n"+
		"a=ssrc:7 msid:x y\r\na=ssrc:8 x\r\na=ssrc:8 cname:b\r\n"+
		"m=audio 4002 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\na=ice-ufrag:1\r\na=ice-pwd:2\r\na=setup:passive\r\na=inactive\r\n"+
		"a=fingerprint:sha-1 01:02\r\na=msid:a b\r\na=msid:c d\r\na=rtcp-rsize\r\na=bundle-only\r\n")
	first, second := session.Media[0], session.Media[1]
	if !session.ICELite || !slices.Equal(session.Bundle, []string{"0", "1"}) {
		t.Errorf("got %+v", session)
	}
	if !first.ICE() || first.ICEUfrag != "abcd" || first.Setup != "active" || first.Direction != bridge.RecvOnly ||
		!slices.Equal(first.Fingerprints, []sdp.Fingerprint{{Hash: "sha-256", Value: "AB:CD"}}) || !first.Encrypted() {
		t.Errorf("first: got %+v", first)
	}
	if !slices.Equal(first.SSRCs, []sdp.SSRC{{ID: 7, CName: "a"}, {ID: 8, CName: "b"}}) {
		t.Errorf("first: got sources %v", first.SSRCs)
	}
	if second.ICEPwd != "2" || second.Setup != "passive" || second.Direction != bridge.Inactive || second.MSID != "a b" ||
		!slices.Equal(second.Fingerprints, []sdp.Fingerprint{{Hash: "sha-1", Value: "01:02"}}) || !second.RTCPReducedSize ||
		!second.BundleOnly || second.Encrypted() {
		t.Errorf("second: got %+v", second)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ lines, rtp, rtcp string }{
		"next port":      {"m=audio 4000 RTP/AVP 0", "192.0.2.1:4000", "192.0.2.1:4001"},
		"a=rtcp port":    {"m=audio 4000 RTP/AVP 0\na=rtcp:5", "192.0.2.1:4000", "192.0.2.1:5"},
		"a=rtcp address": {"m=audio 4000 RTP/AVP 0\na=rtcp:5 IN IP4 192.0.2.9", "192.0.2.1:4000", "192.0.2.9:5"},
		"mapped IPv4":    {"m=audio 4000 RTP/AVP 0\nc=IN IP6 ::ffff:192.0.2.7", "192.0.2.7:4000", "192.0.2.7:4001"},
		"host name":      {"m=audio 4000 RTP/AVP 0\nc=IN IP4 phone.example.com", "none", "none"},
		"zone":           {"m=audio 4000 RTP/AVP 0\nc=IN IP6 fe80::1%eth0", "none", "none"},
		"port 0":         {"m=audio 0 RTP/AVP 0", "none", "192.0.2.1:1"},
		"last port":      {"m=audio 65535 RTP/AVP 0", "192.0.2.1:65535", "none"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			media := parse(t, head+test.lines).Media[0]
			if got := literal(media.RTPAddress()); got != test.rtp {
				t.Errorf("RTP goes to %s, want %s", got, test.rtp)
			}
			if got := literal(media.RTCPAddrPort()); got != test.rtcp {
				t.Errorf("RTCP goes to %s, want %s", got, test.rtcp)
			}
		})
	}
}

func literal(address netip.AddrPort, ok bool) string {
	if !ok {
		return "none"
	}
	return address.String()
}

// TestFlow holds that 0.0.0.0 is a hold for a phone and nothing for a browser.
func TestFlow(t *testing.T) {
	t.Parallel()
	zero, ice := "c=IN IP4 0.0.0.0\n", "a=ice-ufrag:abcd\na=ice-pwd:efgh\n"
	tests := map[string]struct {
		lines string
		want  bridge.Direction
	}{
		"plain":             {"", bridge.SendRecv},
		"zero":              {zero, bridge.SendOnly},
		"zero and recvonly": {zero + "a=recvonly", bridge.Inactive},
		"zero IPv6":         {"c=IN IP6 ::\n", bridge.SendOnly},
		"zero with ICE":     {zero + ice, bridge.SendRecv},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			media := parse(t, head+"m=audio 9 RTP/AVP 0\n"+test.lines).Media[0]
			if got := media.Flow(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	media := parseFile(t, filepath.Join("testdata", "jssip-chromium-audio.sdp")).Media[0]
	codecs, events, noise := media.Codecs(), media.TelephoneEvents(), media.ComfortNoise()
	if len(codecs) != 4 || codecs[0].PayloadType != 111 || codecs[0].Parameters != "minptime=10;useinbandfec=1" {
		t.Errorf("got codecs %v", codecs)
	}
	if len(events) != 2 || events[0].PayloadType != 110 || events[0].ClockRate != 48000 {
		t.Errorf("got events %v", events)
	}
	if again := media.Redundancy(); len(again) != 1 || again[0].PayloadType != 63 || again[0].Parameters != "111/111" {
		t.Errorf("got redundancy %v", again)
	}
	if len(noise) != 1 || noise[0].PayloadType != 13 {
		t.Errorf("got comfort noise %v", noise)
	}
}

func TestBundleOnlyIsNotRefused(t *testing.T) {
	t.Parallel()
	text := head + "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"
	if !parse(t, text).Description().Media[0].Refused() {
		t.Error("port 0 is not refused")
	}
	if parse(t, text+"a=bundle-only\r\n").Description().Media[0].Refused() {
		t.Error("a bundle-only section is refused")
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.sdp"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		session, err := sdp.Parse(text)
		if err != nil {
			status(t, err)
			return
		}
		printed, err := session.Marshal()
		if err != nil {
			return // odd blanks in a token: refused, not printed
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(printed), "\r\n"), "\r\n") {
			if len(line) < 2 || line[1] != '=' || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("printed the line %q", line)
			}
		}
		if len(printed) <= sdp.MaxBytes && strings.Count(string(printed), "\n") <= sdp.MaxLines {
			checkSecondReading(t, session, string(printed))
		}
	})
}
