package sdp_test

import (
	"strings"
	"testing"

	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
)

func TestBitRates(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]uint64{
		"":                              0,
		"b=AS:512\r\n":                  512_000,
		"b=TIAS:480000\r\n":             480_000,
		"b=AS:512\r\nb=TIAS:480000\r\n": 480_000,
		"b=TIAS:480000\r\nb=AS:512\r\n": 480_000,
		"b=CT:512\r\nb=AS:x\r\n":        0,
		"b=AS:99999999999999999999\r\n": 0,
	} {
		for _, text := range []string{
			head + "m=video 4000 RTP/AVP 96\r\n" + lines + "a=rtpmap:96 VP8/90000\r\n",
			head + lines + "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
		} {
			session := parse(t, text)
			if got := session.Description().Media[0].Bitrate; got != want {
				t.Errorf("%q: %d", lines, got)
			}
			if printed := marshal(t, session); strings.Contains(printed, "b=") != (want != 0) {
				t.Errorf("%q printed as\n%s", lines, printed)
			}
		}
	}
	audio := parse(t, head+"m=audio 4000 RTP/AVP 0\r\nb=AS:64\r\n")
	if got := audio.Description().Media[0].Bitrate; got != 0 {
		t.Errorf("that of sound crosses: %d", got)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	text := head + "a=extmap:5 urn:all\r\nm=video 4000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n" +
		"a=extmap:3/recvonly urn:one with attributes\r\na=extmap:0 urn:zero\r\na=extmap:15 urn:long\r\n" +
		"a=extmap:x urn:x\r\na=extmap:4\r\n"
	media := parse(t, text).Media[0]
	for uri, want := range map[string]uint8{"urn:one": 3, "urn:all": 5, "urn:zero": 0, "urn:long": 0, "urn:x": 0} {
		if got := media.Extension(uri); got != want {
			t.Errorf("%s: %d, want %d", uri, got, want)
		}
	}
	text += strings.Repeat("a=extmap:1 urn:many\r\n", 2*sdp.MaxExtensions)
	if kept := len(parse(t, text).Media[0].Extensions); kept > sdp.MaxExtensions+1 {
		t.Errorf("%d are kept", kept)
	}
}

// TestWishes holds that a section tells what those who send Opus to its party shall keep to.
func TestWishes(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]string{
		"m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 usedtx=1\r\n": "usedtx=1",
		"m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\n":                         "",
		"m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 speex/8000\r\na=fmtp:97 mode=any\r\n":     "",
	} {
		if got := parse(t, head+lines).Description().Media[0].Wishes; got != want {
			t.Errorf("%q: got %q, want %q", lines, got, want)
		}
	}
}

// TestReportRates reads what RTCP may take (RFC 3556): of the section, else of all sections.
func TestReportRates(t *testing.T) {
	t.Parallel()
	given := func(bitrate uint64) quality.Share { return quality.Share{Bitrate: bitrate, Given: true} }
	for lines, want := range map[string][2]quality.Share{
		"":                          {},
		"b=RS:0\r\nb=RR:2000\r\n":   {given(0), given(2000)},
		"b=RR:x\r\nb=RS:600 \r\n":   {given(600), {}},
		"b=RR:9999999999999999\r\n": {},
	} {
		for _, text := range []string{
			head + "m=audio 4000 RTP/AVP 0\r\n" + lines, head + lines + "m=audio 4000 RTP/AVP 0\r\n",
		} {
			media := parse(t, text).Media[0]
			if got := [2]quality.Share{media.RTCPSenders, media.RTCPReceivers}; got != want {
				t.Errorf("%q: %v", lines, got)
			}
		}
	}
}
