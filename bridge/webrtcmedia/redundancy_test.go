package webrtcmedia

import (
	"slices"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode"
	"sipbridge/transcode/red"
)

// redundantCodecs are those of Chromium, with red for Opus.
func redundantCodecs() []transcode.Format {
	redundant := redundancyCodec()
	redundant.Parameters = "111/111"
	return append(browserCodecs(), redundant)
}

// TestRedundancy has a browser that reports losses hear copies, and one that sends copies heard without holes.
func TestRedundancy(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, redundantCodecs())
	if answer := string(call(t, session, b, "opus")); !strings.Contains(answer, "a=fmtp:63 111/111") {
		t.Fatalf("no redundancy in the answer:\n%s", answer)
	}
	bothWays(t, session, l, b, 111, 960)
	if b.heard(63) > 0 {
		t.Error("copies were sent though nothing is lost")
	}
	for range 10 {
		session.outgoing[transcode.Audio].sender.ReportLoss(26)
	}
	b.forget()
	defer talk(t, write(session), 111, 960)()
	eventually(t, "copies", func() bool { return b.heard(63) > 10 })

	l.forget()
	b.talkTwice(t, 40)
	eventually(t, "the last packet", func() bool { return slices.Contains(l.numbersHeard(), 139) })
	got := l.numbersHeard()
	for i, number := range got {
		if int(number) != 100+i {
			t.Fatalf("heard the packets %v", got)
		}
	}
	malformed := rtp.Header{Version: 2, PayloadType: 63, SequenceNumber: 140, Timestamp: 41 * 960}
	must(t, b.track.write(&malformed, []byte{0x80}))
	eventually(t, "the malformed packet", func() bool { return session.incoming.badRedundancy.Load() == 1 })
}

// talkTwice sends packets from number 100 on, each with a copy of the one before, and loses every second one.
func (b *browser) talkTwice(t *testing.T, count int) {
	t.Helper()
	var packer red.Sender
	for i := range count {
		header := rtp.Header{Version: 2, PayloadType: 63, SequenceNumber: uint16(100 + i), Timestamp: uint32(i+1) * 960}
		payload := packer.Pack(111, header.SequenceNumber, header.Timestamp, []byte{111, 1, 2, 3, byte(i)}, 1)
		if i%2 == 1 || i == 0 {
			must(t, b.track.write(&header, payload))
		}
	}
}

// numbersHeard gives the sequence numbers of the audio that came.
func (l *leg) numbersHeard() []uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var numbers []uint16
	for i := range l.audio {
		numbers = append(numbers, l.audio[i].SequenceNumber)
	}
	return numbers
}

// TestRedundancyIsAgreedOn holds when it is, by the lines of an offer.
func TestRedundancyIsAgreedOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lines, codec string
		want         bool
	}{
		"of opus":               {"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n", "opus", true},
		"beside G.711":          {"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n", "PCMU", false},
		"of something else":     {"a=rtpmap:63 red/48000/2\r\na=fmtp:63 110/110\r\n", "opus", false},
		"of nobody knows what":  {"a=rtpmap:63 red/48000/2\r\n", "opus", false},
		"on another clock":      {"a=rtpmap:63 red/8000\r\na=fmtp:63 111/111\r\n", "opus", false},
		"not there in the line": {"", "opus", false},
	}
	plain := newBrowser(t, browserCodecs()).offer(nil)
	for name, test := range tests {
		session, _ := newSession(t, quiet(t), Options{})
		offer := strings.Replace(plain, "SAVPF 111 ", "SAVPF 111 63 ", 1) + test.lines
		description, err := session.SetOffer([]byte(offer))
		must(t, err)
		answer, err := session.Answer(choose(t, description, test.codec))
		must(t, err)
		if got := strings.Contains(string(answer), "a=rtpmap:63 red/48000/2"); got != test.want {
			t.Errorf("%s: agreed on %t", name, got)
		}
	}
}
