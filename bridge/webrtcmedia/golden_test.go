package webrtcmedia

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// update is a flag of the test binary.
var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // set by flag.Parse

// placeholders hide what is random in our texts, and the port.
func placeholders(text []byte) string {
	for _, rule := range []struct{ pattern, with string }{
		{`(?m)^o=- \d+ `, "o=- SESSION "},
		{`(?m)^m=(\S+) [1-9]\d* `, "m=$1 PORT "},
		{`a=candidate:(\S+ 1 udp \d+ \S+) \d+ `, "a=candidate:$1 PORT "},
		{`a=ice-ufrag:\S+`, "a=ice-ufrag:UFRAG"},
		{`a=ice-pwd:\S+`, "a=ice-pwd:PWD"},
		{`a=fingerprint:(\S+) \S+`, "a=fingerprint:$1 FINGERPRINT"},
		{`a=msid:\S+ `, "a=msid:CNAME "},
		{`a=ssrc-group:FID \d+ \d+`, "a=ssrc-group:FID SSRC SSRC"},
		{`a=ssrc:\d+ cname:\S+`, "a=ssrc:SSRC cname:CNAME"},
	} {
		text = regexp.MustCompile(rule.pattern).ReplaceAll(text, []byte(rule.with))
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func describe(description bridge.Description) string {
	text := strings.Builder{}
	for _, media := range description.Media {
		fmt.Fprintf(&text, "%v %v", media.Kind, media.Direction)
		for _, format := range media.Formats {
			fmt.Fprintf(&text, " %d=%v", format.PayloadType, format.Codec)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// quiet is an engine that sends nothing to the addresses in real browsers' offers.
func quiet(t *testing.T) *Engine {
	t.Helper()
	return newEngine(t, EngineOptions{AllowRemote: func(netip.Addr) bool { return false }})
}

// TestRealOffers answers what real browsers offered, and writes down what the call gets to see of it, and what the
// browser gets to read.
func TestRealOffers(t *testing.T) {
	t.Parallel()
	engine := quiet(t)
	for _, file := range fixtures(t) {
		if strings.Contains(file, "-answer") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			session, _ := newSession(t, engine, Options{})
			text, err := os.ReadFile(file)
			must(t, err)
			description, err := session.SetOffer(text)
			must(t, err)
			codec := "opus"
			if strings.Contains(file, "pcmu") {
				codec = "PCMU"
			}
			answer, err := session.Answer(choose(t, description, codec))
			must(t, err)
			golden(t, file, "# the call sees\n"+describe(description)+
				"\n# the browser sees\n"+placeholders(answer))
		})
	}
}

// TestOwnOffer writes down what we offer.
func TestOwnOffer(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, quiet(t), Options{})
	offer, err := session.Offer(proposal(bridge.SendRecv))
	must(t, err)
	golden(t, "testdata/own-offer.sdp", placeholders(offer))
}

// TestOfferOfProfiles spells the profiles of a phone's H.264 as browsers know them.
func TestOfferOfProfiles(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, quiet(t), Options{})
	pictures := bridge.MediaDescription{Kind: transcode.Video}
	for i, said := range []string{"64000d;packetization-mode=1", "42801F;packetization-mode=1", "42801F"} {
		pictures.Formats = append(pictures.Formats, transcode.Format{
			Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: uint8(97 + i),
			Parameters: "profile-level-id=" + said,
		})
	}
	offered := proposal(bridge.SendRecv)
	offered.Media = append(offered.Media, pictures)
	offer, err := session.Offer(offered)
	must(t, err)
	for _, want := range []string{
		" profile-level-id=640c0d;packetization-mode=1\r", " profile-level-id=42e01f;packetization-mode=1\r",
		" profile-level-id=42e01f\r",
	} {
		if !strings.Contains(string(offer), want) {
			t.Errorf("no %q in\n%s", want, offer)
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	file = strings.TrimSuffix(file, ".sdp") + ".golden"
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}

func fixtures(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no fixtures: %v", err)
	}
	return files
}

// TestRealAnswers applies what real browsers answered.
func TestRealAnswers(t *testing.T) {
	t.Parallel()
	engine := quiet(t)
	for _, file := range fixtures(t) {
		if !strings.Contains(file, "-answer") {
			continue
		}
		session, _ := newSession(t, engine, Options{})
		_, err := session.Offer(proposal(bridge.SendRecv))
		must(t, err)
		text, err := os.ReadFile(file)
		must(t, err)
		description, err := session.SetAnswer(text)
		must(t, err)
		if got, want := describe(description), "audio sendrecv 111=opus/48000/2 0=PCMU/8000 8=PCMA/8000\n"; got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

// TestRefused checks what is refused, and how.
func TestRefused(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("testdata/jssip-chromium-audio.sdp")
	must(t, err)
	replace := func(old, with string) string {
		changed := regexp.MustCompile(old).ReplaceAllString(string(good), with)
		if changed == string(good) {
			t.Fatalf("%s changes nothing", old)
		}
		return changed
	}
	tests := []struct {
		name, text string
		status     int
	}{
		{"nothing", "", 400},
		{"no SDP", "hello", 400},
		{"too large", string(good) + strings.Repeat("a=x\r\n", 5000), 413},
		{"no fingerprint", replace(`a=fingerprint.*`, "a=x"), 488},
		{"a SHA-1 fingerprint", replace(`a=fingerprint:sha-256`, "a=fingerprint:sha-1"), 488},
		{"a broken fingerprint", replace(`a=fingerprint:sha-256 `, "a=fingerprint:sha-256 zz"), 488},
		{"no rtcp-mux", replace(`a=rtcp-mux`, "a=x"), 488},
		{"holdconn", replace(`a=setup:actpass`, "a=setup:holdconn"), 488},
		{"no ufrag", replace(`a=ice-ufrag.*`, "a=x"), 488},
		{"a short password", replace(`a=ice-pwd:\S+`, "a=ice-pwd:short"), 400},
		{"a long ufrag", replace(`a=ice-ufrag:\S+`, "a=ice-ufrag:"+strings.Repeat("a", 257)), 400},
		{"a ufrag with a blank", replace(`a=ice-ufrag:\S+`, "a=ice-ufrag:abc def"), 400},
		{"a refused section", replace(`m=audio \d+`, "m=audio 0"), 488},
		{"no codec of ours", replace(`(?s)m=audio (\d+) (\S+) .*?\n`, "m=audio $1 $2 18\r\n"), 488},
		{"video alone", replace(`m=audio`, "m=video"), 488},
	}
	engine := quiet(t)
	session, _ := newSession(t, engine, Options{})
	for _, test := range tests {
		_, err := session.SetOffer([]byte(test.text))
		if got := status(err); got != test.status {
			t.Errorf("%s: %v, want %d", test.name, err, test.status)
		}
	}
	if got := engine.Stats().Refused; got != uint64(len(tests)) {
		t.Errorf("%d refused, want %d", got, len(tests))
	}
}

// TestRefusedAnswers checks answers that do not fit.
func TestRefusedAnswers(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("testdata/jssip-chromium-answer.sdp")
	must(t, err)
	tests := []struct{ name, old, with string }{
		{"actpass", `a=setup:\w+`, "a=setup:actpass"},
		{"no codec we offered", `m=audio (\d+) (\S+) .*`, "m=audio $1 $2 18"},
		{"one section too many", `m=audio`, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nm=audio"},
		{"no fingerprint", `a=fingerprint.*`, "a=x"},
	}
	for _, test := range tests {
		session, _ := newSession(t, quiet(t), Options{})
		_, err := session.Offer(proposal(bridge.SendRecv))
		must(t, err)
		changed := regexp.MustCompile(test.old).ReplaceAll(good, []byte(test.with))
		if _, err := session.SetAnswer(changed); status(err) != 488 {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestWrongChoice checks answers of the call that do not fit the browser's offer.
func TestWrongChoice(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/jssip-chromium-audio.sdp")
	must(t, err)
	opus, pcmu := audioCodecs()[0], audioCodecs()[1]
	moved := opus
	moved.PayloadType = 100
	foreign := transcode.Format{Codec: transcode.Codec{Name: "ILBC", ClockRate: 8000}, PayloadType: 102}
	audio := func(formats ...transcode.Format) []bridge.MediaDescription {
		return []bridge.MediaDescription{{Kind: transcode.Audio, Formats: formats}}
	}
	for name, media := range map[string][]bridge.MediaDescription{
		"nothing": nil, "no format": audio(), "a number not offered": audio(moved), "a codec of others": audio(foreign),
		"a section too many": append(audio(pcmu), audio(pcmu)...),
	} {
		session, _ := newSession(t, quiet(t), Options{})
		_, err := session.SetOffer(text)
		must(t, err)
		if _, err := session.Answer(bridge.Description{Media: media}); status(err) != 488 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
