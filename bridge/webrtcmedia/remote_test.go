package webrtcmedia

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// status gives the SIP status of an error; 0 if it has none.
func status(err error) int {
	cause, _ := errors.AsType[bridge.Cause](err)
	return cause.Status
}

func TestParseCandidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value, want string
	}{
		{"1 1 udp 2122194687 192.0.2.2 45162 typ host generation 0", "1 1 udp 2122194687 192.0.2.2 45162 typ host"},
		{"x 1 UDP 5 fd00::2 9999 typ host", "1 1 udp 5 fd00::2 9999 typ host"},
		{
			"1 1 udp 5 203.0.113.1 9999 typ srflx raddr 10.0.0.1 rport 5",
			"1 1 udp 5 203.0.113.1 9999 typ srflx raddr 0.0.0.0 rport 9",
		},
		{"1 2 udp 5 192.0.2.2 9999 typ host", ""}, // RTCP
		{"1 1 tcp 5 192.0.2.2 9 typ host tcptype active", ""},
		{"1 1 udp 5 a1b2.local 9999 typ host", ""}, // mDNS
		{"1 1 udp 5 evil.example.com 9999 typ host", ""},
		{"1 1 udp 5 fe80::1%eth0 9999 typ host", ""},
		{"1 1 udp 5 192.0.2.2 0 typ host", ""},
		{"1 1 udp 5 192.0.2.2 99999 typ host", ""},
		{"1 1 udp -5 192.0.2.2 9999 typ host", ""},
		{"1 1 udp 5 192.0.2.2 9999 typ strange", ""},
		{"1 1 udp 5 192.0.2.2 9999 host", ""},
		{"", ""},
	}
	for _, test := range tests {
		got := ""
		if parsed, ok := parseCandidate(test.value); ok {
			got = parsed.line(1)
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.value, got, test.want)
		}
	}
}

func TestLocalCandidates(t *testing.T) {
	t.Parallel()
	gathered := make([]candidate, 0, 6)
	for _, address := range []string{
		"127.0.0.1:5000", "[::1]:5000", "[fd00::2]:5000", "192.0.2.2:5000", "[fe80::1]:5000", "192.0.2.2:5000",
	} {
		gathered = append(gathered, candidate{address: netip.MustParseAddrPort(address)})
	}
	tests := []struct {
		name, advertise string
		gathered        []candidate
		want            []string
	}{
		{"in order", "", gathered, []string{"192.0.2.2:5000", "[fd00::2]:5000", "127.0.0.1:5000", "[::1]:5000"}},
		{
			"advertised first", "203.0.113.1", gathered,
			[]string{"203.0.113.1:5000", "192.0.2.2:5000", "[fd00::2]:5000", "127.0.0.1:5000", "[::1]:5000"},
		},
		{"loopback alone", "203.0.113.1", gathered[:1], []string{"203.0.113.1:5000", "127.0.0.1:5000"}},
		{"no such family", "2001:db8::1", gathered[:1], []string{"127.0.0.1:5000"}},
	}
	for _, test := range tests {
		var advertise []netip.Addr
		if test.advertise != "" {
			advertise = append(advertise, netip.MustParseAddr(test.advertise))
		}
		var got []string
		last := uint32(1<<31 - 1)
		for _, c := range localCandidates(test.gathered, advertise) {
			got = append(got, c.address.String())
			if c.priority >= last || c.kind != "host" {
				t.Errorf("%s: %+v", test.name, c)
			}
			last = c.priority
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestAllowRemote(t *testing.T) {
	t.Parallel()
	public := defaultAllowRemote([]netip.Addr{netip.MustParseAddr("192.0.2.2")})
	local := defaultAllowRemote([]netip.Addr{netip.MustParseAddr("127.0.0.1")})
	tests := []struct {
		address       string
		public, local bool
	}{
		{"198.51.100.7", true, true},
		{"10.0.0.5", true, true},
		{"127.0.0.1", false, true},
		{"::ffff:127.0.0.1", false, true},
		{"::1", false, true},
		{"0.0.0.0", false, false},
		{"169.254.169.254", false, false},
		{"fe80::1", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
	}
	for _, test := range tests {
		address := netip.MustParseAddr(test.address)
		if public(address) != test.public || local(address) != test.local {
			t.Errorf("%s: %v, %v", test.address, public(address), local(address))
		}
	}
}

func TestChooseFingerprint(t *testing.T) {
	t.Parallel()
	weak := sdp.Fingerprint{Hash: "sha-1", Value: "AA"}
	strong := sdp.Fingerprint{Hash: "sha-512", Value: "BB"}
	usual := sdp.Fingerprint{Hash: "sha-256", Value: "CC"}
	if _, ok := chooseFingerprint([]sdp.Fingerprint{weak}); ok {
		t.Error("SHA-1 was chosen")
	}
	if got, _ := chooseFingerprint([]sdp.Fingerprint{weak, strong, usual}); got != usual {
		t.Errorf("chose %+v", got)
	}
}

func TestChooseEvent(t *testing.T) {
	t.Parallel()
	both := eventCodecs()
	for _, test := range []struct {
		events []transcode.Format
		clock  uint32
		want   uint8
	}{{both, 48000, 110}, {both, 8000, 126}, {both[1:], 48000, 126}, {both[:1], 8000, 110}, {nil, 8000, 0}} {
		if got := chooseEvent(test.events, test.clock); got.PayloadType != test.want {
			t.Errorf("%v at %d: %d, want %d", test.events, test.clock, got.PayloadType, test.want)
		}
	}
}

// TestProposal checks the payload types of our offers.
func TestProposal(t *testing.T) {
	t.Parallel()
	opus, pcmu := audioCodecs()[0], audioCodecs()[1]
	unknown := transcode.Format{Codec: transcode.Codec{Name: "speex", ClockRate: 8000}, PayloadType: 97}
	moved := opus
	moved.PayloadType = 109
	stranger := unknown
	stranger.PayloadType = 111
	tests := []struct {
		name          string
		formats, used []transcode.Format
		want          []uint8
	}{
		{"new", []transcode.Format{unknown, pcmu, opus}, nil, []uint8{0, 111, 63, 110, 126}},
		{"narrow", []transcode.Format{pcmu}, nil, []uint8{0, 126}},
		{"known by another number", []transcode.Format{opus}, []transcode.Format{moved}, []uint8{109, 63, 110, 126}},
		{"number taken", []transcode.Format{opus}, []transcode.Format{stranger}, []uint8{112, 63, 110, 126}},
	}
	for _, test := range tests {
		var got []uint8
		for _, format := range proposalFor(bridge.MediaDescription{Formats: test.formats}, test.used).all() {
			got = append(got, format.PayloadType)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// FuzzSetOffer reads hostile descriptions. What is accepted must print in an answer.
func FuzzSetOffer(f *testing.F) {
	for _, file := range fixtures(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		offer, err := readRemote(text)
		if err != nil {
			if code := status(err); code != 400 && code != 413 && code != 488 {
				t.Fatalf("status %d: %v", code, err)
			}
			return
		}
		description := offer.description()
		agreed, err := answersTo(offer, firstCodecs(description))
		must(t, err)
		if len(agreed[transcode.Audio].events) > 1 {
			t.Fatalf("two telephone-event formats: %v", agreed[transcode.Audio].events)
		}
		checkAnswer(t, offer, agreed)
	})
}

// firstCodecs is what a call would answer: one codec of the first section of each kind.
func firstCodecs(offer bridge.Description) bridge.Description {
	answer := bridge.Description{}
	for _, media := range offer.Media {
		if _, answered := answer.First(media.Kind); answered {
			media.Formats = nil
		}
		media.Formats = media.Formats[:min(len(media.Formats), 1)]
		answer.Media = append(answer.Media, media)
	}
	return answer
}

// checkAnswer prints an answer and reads it again.
func checkAnswer(t *testing.T, offer *remote, agreed agreements) {
	t.Helper()
	address := netip.MustParseAddrPort("192.0.2.2:5000")
	p := ourSide{
		local: local{ufrag: "abcd", pwd: strings.Repeat("p", 22), candidates: []candidate{{address: address, kind: "host"}}},
		setup: setupActive,
	}
	text, err := (&author{cname: "c", fingerprint: sdp.Fingerprint{Hash: "sha-256", Value: "AA"}}).
		print(layoutOf(offer, agreed), p, agreed)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := readRemote(text)
	if err != nil {
		t.Fatalf("our answer cannot be read: %v\n%s", err, text)
	}
	if len(answer.session.Media) != len(offer.session.Media) || answer.places != offer.places {
		t.Fatalf("other sections than in the offer:\n%s", text)
	}
}
