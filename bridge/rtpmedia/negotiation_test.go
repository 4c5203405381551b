package rtpmedia

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// transcript writes down a negotiation, with placeholders for what differs from run to run. Its golden file is compared
// at the end; UPDATE_GOLDEN=1 writes it anew.
type transcript struct {
	t       *testing.T
	session *Session
	text    strings.Builder
}

func newTranscript(t *testing.T) *transcript {
	t.Helper()
	return &transcript{t: t, session: newSession(t, nil)}
}

func (n *transcript) offer(title string, proposal bridge.Description) {
	n.t.Helper()
	n.ours(title+": we offer", must[[]byte](n.t)(n.session.Offer(proposal)))
}

func (n *transcript) setAnswer(lines ...string) {
	n.t.Helper()
	n.theirs("they answer", must[bridge.Description](n.t)(n.session.SetAnswer(text(lines))))
}

// answer takes an offer and answers with the chosen formats of its first audio section.
func (n *transcript) answer(title string, choice transcode.Format, lines ...string) {
	n.t.Helper()
	offer := must[bridge.Description](n.t)(n.session.SetOffer(text(lines)))
	n.theirs(title+": they offer", offer)
	answer := bridge.Description{Media: make([]bridge.MediaDescription, len(offer.Media))}
	for i, media := range offer.Media {
		if !media.Refused() {
			answer.Media[i] = bridge.MediaDescription{
				Kind: media.Kind, Formats: []transcode.Format{choice}, PacketTime: media.PacketTime,
			}
		}
	}
	n.ours("we answer", must[[]byte](n.t)(n.session.Answer(answer)))
}

func (n *transcript) ours(title string, sdp []byte) {
	replaced := strings.NewReplacer(
		fmt.Sprint("o=- ", n.session.negotiation.sessionID), "o=- SESSION",
		fmt.Sprint("audio ", n.session.audio().sockets().port), "audio PORT",
		"\r\n", "\n",
	).Replace(string(sdp))
	fmt.Fprintf(&n.text, "== %s\n%s", title, replaced)
}

func (n *transcript) theirs(title string, description bridge.Description) {
	fmt.Fprintf(&n.text, "== %s\n", title)
	for _, media := range description.Media {
		fmt.Fprintf(&n.text, "%s %s", media.Kind, media.Direction)
		for _, format := range media.Formats {
			fmt.Fprintf(&n.text, " | %d %s %s", format.PayloadType, format.Codec, format.Parameters)
		}
		n.text.WriteString("\n")
	}
}

func (n *transcript) compare(name string) {
	n.t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(n.text.String()), 0o600); err != nil {
			n.t.Fatal(err)
		}
	}
	want := must[[]byte](n.t)(os.ReadFile(file))
	if got := n.text.String(); got != string(want) {
		n.t.Errorf("%s: got:\n%s\nwant:\n%s", file, got, want)
	}
}

func text(lines []string) []byte {
	head := "v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	return []byte(head + strings.Join(lines, "\r\n") + "\r\n")
}

func TestGoldenOffers(t *testing.T) {
	t.Parallel()
	n := newTranscript(t)
	browser := audio(bridge.SendRecv, opus(), pcmu(), pcma())
	n.offer("first", browser)
	n.setAnswer("m=audio 4000 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000")
	n.offer("repeated", browser)
	n.offer("hold", audio(bridge.SendOnly, opus(), pcmu(), pcma()))
	n.setAnswer("m=audio 4000 RTP/AVP 8", "a=recvonly")
	n.offer("fewer codecs", audio(bridge.SendRecv, pcmu()))
	n.session.Rollback()
	n.answer("they offer with another number for opus", opus(),
		"m=audio 4000 RTP/AVP 0 107", "a=rtpmap:107 opus/48000/2")
	n.offer("their number stands", browser)
	n.compare("offers")
}

func TestGoldenAnswers(t *testing.T) {
	t.Parallel()
	n := newTranscript(t)
	phone := []string{
		"m=audio 4000 RTP/AVP 96 0 8 101 102", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 stereo=1",
		"a=rtpmap:101 telephone-event/8000", "a=rtpmap:102 telephone-event/48000", "a=ptime:30", "a=mid:a", "a=rtcp-mux",
	}
	n.answer("opus", opus(), phone...)
	n.answer("PCMU", pcmu(), phone...)
	n.answer("unchanged", pcmu(), phone...)
	n.answer("hold", pcmu(), append(phone, "a=sendonly")...)
	n.answer("only one event clock", opus(),
		"m=audio 4000 RTP/AVPF 96 101", "a=rtpmap:96 opus/48000/2", "a=rtpmap:101 telephone-event/8000")
	n.answer("video and fax are refused", pcma(),
		"m=video 5000 RTP/AVP 34", "a=mid:v", "m=audio 5002 RTP/SAVP 8", "m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/AVP 8",
		"m=image 5004 udptl t38")
	n.offer("sections stay", audio(bridge.SendRecv, pcma()))
	n.compare("answers")
}

// TestAnswerNumbers holds what payload types mean when the answer numbers them otherwise, or not at all.
func TestAnswerNumbers(t *testing.T) {
	t.Parallel()
	n := newTranscript(t)
	n.offer("first", audio(bridge.SendRecv, opus(), pcmu()))
	n.setAnswer("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 OPUS/48000/2")
	agreed := n.session.audio().agreed.Load()
	if got := agreed.inbound[111]; !got.known || got.payloadType != 96 {
		t.Errorf("our number means %+v", got)
	}
	if got := agreed.inbound[96]; !got.known || got.payloadType != 96 {
		t.Errorf("their number means %+v", got)
	}
	n.setAnswer("m=audio 4000 RTP/AVP 111 101", "a=ptime:20")
	if _, ok := n.session.audio().agreed.Load().event(); !ok {
		t.Error("a telephone-event without rtpmap was not understood")
	}
	n.compare("numbers")
}

func TestNegotiationRefuses(t *testing.T) {
	t.Parallel()
	offered := func(t *testing.T) *Session {
		t.Helper()
		session := newSession(t, nil)
		must[[]byte](t)(session.Offer(audio(bridge.SendRecv, opus())))
		return session
	}
	answering := func(lines ...string) func(*testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			_, err := offered(t).SetAnswer(text(lines))
			return err
		}
	}
	offering := func(lines ...string) func(*testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			_, err := newSession(t, nil).SetOffer(text(lines))
			return err
		}
	}
	choosing := func(description bridge.Description) func(*testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			session := newSession(t, nil)
			must[bridge.Description](t)(session.SetOffer(text([]string{"m=audio 4000 RTP/AVP 0"})))
			_, err := session.Answer(description)
			return err
		}
	}
	tests := map[string]struct {
		do   func(*testing.T) error
		want error
	}{
		"offer of nothing":            {offerError, ErrNoMedia},
		"answer without offer":        {answerError, ErrNoOffer},
		"answer set without offer":    {setAnswerError, ErrNoOffer},
		"answer that is none":         {answering("m=audio"), sdp.ErrMalformed},
		"answer without sections":     {answering(), ErrNoMedia},
		"answer that refuses":         {answering("m=audio 0 RTP/AVP 111"), ErrNoMedia},
		"answer with SRTP":            {answering("m=audio 4000 RTP/SAVP 111"), ErrProtection},
		"answer with another codec":   {answering("m=audio 4000 RTP/AVP 0"), ErrNoCodec},
		"answer with only keys":       {answering("m=audio 4000 RTP/AVP 101"), ErrNoCodec},
		"answer with IPv6":            {answering("m=audio 4000 RTP/AVP 111", "c=IN IP6 2001:db8::1"), ErrFamily},
		"offer that is none":          {offering("m=audio"), sdp.ErrMalformed},
		"offer of video":              {offering("m=video 4000 RTP/AVP 34"), ErrNoMedia},
		"offer of SRTP":               {offering("m=audio 4000 RTP/SAVP 0"), ErrProtection},
		"offer of SRTP with feedback": {offering("m=audio 4000 UDP/TLS/RTP/SAVPF 0"), ErrProtection},
		"offer of no audio":           {offering("m=audio 0 RTP/AVP 0"), ErrNoMedia},
		"offer of comfort noise":      {offering("m=audio 4000 RTP/AVP 13"), ErrNoMedia},
		"offer of IPv6":               {offering("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), ErrFamily},
		"answer of nothing":           {choosing(bridge.Description{}), ErrNoMedia},
		"answer of what was not asked": {
			choosing(audio(bridge.SendRecv, pcma())), ErrNoCodec,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.do(t)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			var cause bridge.Cause
			if !errors.As(err, &cause) || (cause.Status != 488 && cause.Status != 400) {
				t.Errorf("got cause %+v", cause)
			}
		})
	}
}

// TestUsable holds whither no SDP can make us send.
func TestUsable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		own, address string
		want         bool
	}{
		"phone":                       {"192.0.2.1:4000", "198.51.100.1:4000", true},
		"private":                     {"192.0.2.1:4000", "10.0.0.1:4000", true},
		"loopback for loopback":       {"127.0.0.1:4000", "127.0.0.1:5000", true},
		"IPv6":                        {"[2001:db8::1]:4000", "[2001:db8::2]:4000", true},
		"ourselves":                   {"192.0.2.1:4000", "192.0.2.1:4000", false},
		"loopback":                    {"192.0.2.1:4000", "127.0.0.1:5000", false},
		"link-local":                  {"192.0.2.1:4000", "169.254.169.254:4000", false},
		"loopback from a private one": {"10.0.0.1:4000", "127.0.0.1:5000", false},
		"DNS":                         {"192.0.2.1:4000", "198.51.100.1:53", false},
		"multicast":                   {"192.0.2.1:4000", "224.0.0.1:4000", false},
		"IPv6 multicast":              {"[2001:db8::1]:4000", "[ff02::1]:4000", false},
		"broadcast":                   {"192.0.2.1:4000", "255.255.255.255:4000", false},
		"unspecified":                 {"192.0.2.1:4000", "0.0.0.0:4000", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sendable(address(test.own), address(test.address)).IsValid(); got != test.want {
				t.Errorf("usable is %t", got)
			}
		})
	}
}

func TestNumberingRunsOut(t *testing.T) {
	t.Parallel()
	var numbers numbering
	given := 0
	for clock := range uint32(100) {
		if _, ok := numbers.number(transcode.Format{Codec: transcode.Codec{Name: "x", ClockRate: clock + 1}}); ok {
			given++
		}
	}
	if given != lastDynamic-firstDynamic { // all but the one for telephone-event
		t.Errorf("%d numbers were given", given)
	}
}

// TestNumberingStaysSmall holds that a party cannot fill the memory by formats that fit none, and that what lost its
// number to another format gets another one.
func TestNumberingStaysSmall(t *testing.T) {
	t.Parallel()
	var numbers numbering
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	numbers.learn([]sdp.Format{{Format: vp8}})
	for clock := range uint32(1000) {
		codec := transcode.Codec{Name: "x", ClockRate: clock + 1}
		numbers.learn([]sdp.Format{{Format: transcode.Format{Codec: codec, PayloadType: uint8(96 + clock%2)}}})
	}
	if len(numbers.formats) != 2 {
		t.Errorf("%d formats are known", len(numbers.formats))
	}
	if number, ok := numbers.number(vp8); !ok || number == 96 {
		t.Errorf("VP8 is %d, %t", number, ok)
	}
}

// TestVersions holds that the version of our o= line rises with each change, and only then.
func TestVersions(t *testing.T) {
	t.Parallel()
	session := newSession(t, nil)
	version := regexp.MustCompile(`o=- \d+ (\d+) IN IP4 127\.0\.0\.1\r\n`)
	var got []string
	for _, direction := range []bridge.Direction{bridge.SendRecv, bridge.SendRecv, bridge.SendOnly, bridge.SendRecv} {
		offer := must[[]byte](t)(session.Offer(audio(direction, pcmu())))
		got = append(got, version.FindStringSubmatch(string(offer))[1])
	}
	if want := "1 1 2 3"; strings.Join(got, " ") != want {
		t.Errorf("got versions %v, want %s", got, want)
	}
}

func offerError(t *testing.T) error {
	t.Helper()
	_, err := newSession(t, nil).Offer(bridge.Description{})
	return err
}

func answerError(t *testing.T) error {
	t.Helper()
	_, err := newSession(t, nil).Answer(audio(bridge.SendRecv, pcmu()))
	return err
}

func setAnswerError(t *testing.T) error {
	t.Helper()
	_, err := newSession(t, nil).SetAnswer(text([]string{"m=audio 4000 RTP/AVP 0"}))
	return err
}
