package rtmp

import (
	"encoding/hex"
	"strings"
	"testing"
	"unicode"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/transcode/avcodec"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sip:bob@example.com":                 "sip:bob@example.com",
		"SIP:bob@example.com:5070":            "sip:bob@example.com:5070",
		`"Bob" <sip:bob@example.com>`:         "sip:bob@example.com",
		"<sip:bob@example.com;transport=tcp>": "sip:bob@example.com",
		"bob@example.com":                     "sip:bob@example.com",
		"7140":                                "sip:7140@home",
		" bob ":                               "sip:bob@home",
		"tel:+15551234":                       "sip:+15551234@home",
		"bob@[2001:db8::1]:5060":              "sip:bob@[2001:db8::1]:5060",
		"bob@example.com?Subject=x":           "sip:bob@example.com",
		"":                                    "",
		"sip:":                                "",
		"sips:bob@example.com":                "",
		"http://example.com":                  "",
		"bob@exa mple.com":                    "",
		"bob@example.com\r\nVia: x":           "",
		"bob\x00@example.com":                 "",
		"b%0d%0aob@example.com":               "",
		"bob@alice@example.com":               "",
		strings.Repeat("b", 300) + "@host":    "",
	} {
		parsed, ok := parseAddress(text, "home")
		if got := parsed.uri(); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %s, %v, not %q", text, got, ok, want)
		}
	}
}

func TestHostOnly(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"example.com": "example.com", "example.com:5060": "example.com", "192.0.2.1:5060": "192.0.2.1",
		"[2001:db8::1]": "[2001:db8::1]", "[2001:db8::1]:5060": "2001:db8::1",
	} {
		if got := (address{host: host}).hostOnly(); got != want {
			t.Errorf("%s has the host %s, not %s", host, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Alice": "Alice", " Élise Ω ": "Élise Ω", `A"B\C<D>`: "ABCD", "a\r\nX: y": "aX: y", "a\u2028b\x00\x7f": "ab",
		strings.Repeat("x", 300): strings.Repeat("x", maxText), "\xff\xfe": "",
		strings.Repeat("Ω", 200): strings.Repeat("Ω", maxText/2),
	} {
		if got := clean(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func FuzzTexts(f *testing.F) {
	for seed := range strings.SplitSeq("sip:a@b|<sip:a@b>|tel:1|a\r\nb|486 Busy|sip/a@b/c?d|<sip:|\xff", "|") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if parsed, ok := parseAddress(text, "home"); ok {
			safe(t, parsed.uri())
			safe(t, parsed.hostOnly())
		}
		if name, host, reason := splitApp(text); reason == "" {
			safe(t, name+host)
		}
		safe(t, clean(text))
		cause := parseReason(text)
		safe(t, cause.Text)
		if cause.Status < 400 || cause.Status > 699 {
			t.Errorf("%q gives the status %d", text, cause.Status)
		}
		safe(t, reasonText(bridge.Cause{Status: 500, Text: text}))
		safe(t, strings.NewReplacer(`"`, "", "<", "", ">", "").Replace(shown(bridge.Party{Name: text, URI: text})))
	})
}

// safe wants a text that can add nothing to a SIP header.
func safe(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, `"<>\`) {
		t.Errorf("%q is not safe", text)
	}
}

func FuzzCommand(f *testing.F) {
	body, err := amf.Encode0("invite", 1.0, nil, "sip:a@b", "wideband")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(chunk.Command0, body)
	f.Add(chunk.Command3, append([]byte{0}, body...))
	f.Fuzz(func(_ *testing.T, messageType uint8, body []byte) {
		asked, err := parseCommand(chunk.Message{Type: messageType, Payload: body})
		if err != nil {
			return
		}
		asked.text(0)
		asked.flag(1)
		parseWish(asked.words(1)).answer(bridge.Description{}, "")
	})
}

func TestSpeexFrames(t *testing.T) {
	t.Parallel()
	// Quality 8 as an encoder makes it: mode 5 (300 bits) and a layer of mode 3 (192 bits) are 61.5 bytes.
	frame := "0" + "0101" + strings.Repeat("0", 295) + "1" + "011" + strings.Repeat("0", 188)
	silent := "0" + "0001" + strings.Repeat("0", 38) + "1" + "000"
	narrow := "0" + "0011" + strings.Repeat("0", 155)
	for _, test := range []struct {
		name   string
		bits   string
		frames int
	}{
		{"one", frame, 1},
		{"two", frame + frame, 2},
		{"ten", strings.Repeat(silent, 10), 10},
		{"narrowband", narrow + narrow, 2},
		{"one and the end", frame + "01111", 1},
		{"cut", frame + frame[:100], 1},
		{"a request, then a frame", "0" + "1110" + "0000" + "0" + frame, 1},
		{"nothing", "", 1},
		{"noise", strings.Repeat("1", 400), 1},
	} {
		if got := speexFrames(pack(test.bits)); got != test.frames {
			t.Errorf("%s: %d frames, not %d", test.name, got, test.frames)
		}
	}
}

// pack fills up with the end mark, as encoders do.
func pack(text string) []byte {
	if len(text)%8 != 0 {
		text += "0" + strings.Repeat("1", 7-len(text)%8)
	}
	packed := make([]byte, 0, len(text)/8)
	for at := 0; at+8 <= len(text); at += 8 {
		var next byte
		for _, bit := range text[at : at+8] {
			next = next<<1 | byte(bit-'0')
		}
		packed = append(packed, next)
	}
	return packed
}

func FuzzSpeexFrames(f *testing.F) {
	seed, err := hex.DecodeString("1d9a" + strings.Repeat("00", 60))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{0x7f})
	f.Fuzz(func(t *testing.T, packet []byte) {
		frames := speexFrames(packet)
		if frames < 1 || frames > 1+len(packet)*8/5 {
			t.Errorf("%d frames in %d bytes", frames, len(packet))
		}
		// A packetizer takes anything, too.
		packets := newPacketizer()
		for _, known := range sounds() {
			packets.put(known.Format, packet, uint32(len(packet)), func(out *rtp.Packet) {
				if len(out.Payload) > maxSound {
					t.Errorf("a packet of %d bytes", len(out.Payload))
				}
			})
		}
	})
}

func TestPlayer(t *testing.T) {
	t.Parallel()
	var p player
	for _, step := range []struct {
		timestamp, clock, now uint32
		time                  uint32
		ok                    bool
	}{
		{1000, 8000, 5000, 5000, true},
		{1160, 8000, 5100, 5020, true},
		{1000, 8000, 5100, 0, false}, // came late
		{1320, 8000, 5100, 5040, true},
		{1640, 16000, 5100, 5060, true},
		{1640 + 160000, 16000, 5100, 5060, true},   // far too fast: it waits
		{1640 + 160320, 16000, 20000, 20000, true}, // far too slow: it catches up
		{1640 + 160640, 0, 20000, 0, false},
	} {
		time, ok := p.at(step.timestamp, step.clock, step.now)
		if ok != step.ok || ok && time != step.time {
			t.Errorf("%d at %d plays at %d, %v, not %d", step.timestamp, step.now, time, ok, step.time)
		}
	}
}

// TestExtendedTime is a call that lasts more than 4 h 39 m, where timestamps no longer fit 24 bits, and
// more than 49 days, where they wrap.
func TestExtendedTime(t *testing.T) {
	t.Parallel()
	for _, start := range []uint32{1<<24 - 30, 1<<32 - 30} {
		packets := newPacketizer()
		var last uint32
		for i := range uint32(4) {
			packets.put(sounds()[1].Format, make([]byte, 160), start+20*i, func(packet *rtp.Packet) {
				if i > 0 && (packet.Timestamp-last != 160 || packet.Marker) {
					t.Errorf("from %d: packet %d goes on by %d", start, i, packet.Timestamp-last)
				}
				last = packet.Timestamp
			})
		}
	}
}

func FuzzParsePublication(f *testing.F) {
	f.Add("live", "cam?to=phone&key=x")
	f.Add("live?to=%41", "a")
	f.Fuzz(func(t *testing.T, app, name string) {
		wanted, ok := parsePublication(app, name)
		if ok && (wanted.name == "" || strings.ContainsFunc(wanted.name, unicode.IsControl) || len(wanted.to) > maxText) {
			t.Errorf("%q %q gives %+v", app, name, wanted)
		}
	})
}

func FuzzReadSound(f *testing.F) {
	f.Add([]byte{0xaf, 0, 0x12, 0x10})
	f.Add([]byte{0x52, 1, 2, 3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) == 0 {
			return
		}
		wanted, sound, err := readSound(payload, avcodec.Options{})
		if err == nil && (wanted.Codec == 0 || len(sound) > len(payload)) {
			t.Errorf("%x is read as %+v", payload, wanted)
		}
	})
}

// TestLargeSetsAreNotTold leaves parameter sets that fill a description out of it, however they are cut.
func TestLargeSetsAreNotTold(t *testing.T) {
	t.Parallel()
	sequence, picture := []byte{0x67, 0x42, 0xe0, 0x1f}, []byte{0x68, 0xce}
	configuration := flv.Configuration{Sequence: [][]byte{sequence}, Picture: [][]byte{picture}}
	if told := spropSets(configuration); told != "Z0LgHw==,aM4=" {
		t.Errorf("it tells %q", told)
	}
	configuration.Picture = [][]byte{picture, append([]byte{0x68}, make([]byte, 1024)...)}
	if told := spropSets(configuration); told != "" {
		t.Errorf("it tells %d bytes of one large set", len(told))
	}
	configuration.Picture = make([][]byte, 255)
	for i := range configuration.Picture {
		configuration.Picture[i] = picture
	}
	if told := spropSets(configuration); told != "" {
		t.Errorf("it tells %d bytes of many sets", len(told))
	}
}
