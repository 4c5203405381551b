package transcode

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtp"
)

func videoFormat(name, parameters string) Format {
	return Format{Codec: Codec{Name: name, ClockRate: 90000}, Parameters: parameters}
}

func TestFits(t *testing.T) {
	t.Parallel()
	pcmu := Codec{Name: "PCMU", ClockRate: 8000}
	for _, test := range []struct {
		a, b Format
		want bool
	}{
		{videoFormat("VP8", "max-fs=1200"), videoFormat("vp8", ""), true},
		{videoFormat("VP8", ""), videoFormat("VP9", ""), false},
		{videoFormat("VP9", ""), videoFormat("VP9", "profile-id=0"), true},
		{videoFormat("VP9", "profile-id=2"), videoFormat("VP9", ""), false},
		{videoFormat("AV1", "level-idx=5;profile=0;tier=0"), videoFormat("AV1", ""), true},
		{videoFormat("AV1", "profile=1"), videoFormat("AV1", ""), false},
		{videoFormat("H264", "profile-level-id=42e01f"), videoFormat("H264", "profile-level-id=42801E"), true},
		{videoFormat("H264", "packetization-mode=2"), videoFormat("H264", "packetization-mode=2"), false},
		{Format{Codec: pcmu, Parameters: "x"}, Format{Codec: pcmu}, true},
	} {
		if test.a.Fits(test.b) != test.want || test.b.Fits(test.a) != test.want {
			t.Errorf("%v %q and %v %q: %t", test.a, test.a.Parameters, test.b, test.b.Parameters, !test.want)
		}
	}
}

// TestCrossing holds that of a party's words only those reach another one that are known, and only as numbers.
func TestCrossing(t *testing.T) {
	t.Parallel()
	for given, want := range map[Format]string{
		videoFormat("VP8", "max-fr=30;max-fs=x;evil=1"):                       "max-fr=30",
		videoFormat("VP9", "profile-id=2"):                                    "profile-id=2",
		videoFormat("AV1", "tier=0;level-idx=8;profile=0"):                    "level-idx=8",
		videoFormat("H264", "profile-level-id=42E01F;sprop-parameter-sets=!"): "profile-level-id=42e01f",
	} {
		got, ok := given.Crossing()
		if !ok || got.Parameters != want {
			t.Errorf("%v %q crosses as %q, %t", given, given.Parameters, got.Parameters, ok)
		}
	}
	odd := Format{Codec: Codec{Name: "VP8", ClockRate: 8000}}
	unknown := videoFormat("H264", "profile-level-id=00001f")
	for _, given := range []Format{videoFormat("H263", ""), videoFormat("H264", "profile-level-id=x"), odd, unknown} {
		if _, ok := given.Crossing(); ok {
			t.Errorf("%v %q crosses", given, given.Parameters)
		}
	}
}

// TestOffered holds that an offer to a phone stays small, and has what phones have.
func TestOffered(t *testing.T) {
	t.Parallel()
	ofBrowser := []Format{
		videoFormat("VP8", ""), videoFormat("H264", "profile-level-id=640c1f;packetization-mode=1"),
		videoFormat("H264", "profile-level-id=42001f;packetization-mode=1"), videoFormat("H264", "profile-level-id=42001f"),
		videoFormat("H264", "profile-level-id=42e01f;packetization-mode=1"), videoFormat("H264", "profile-level-id=4d001f"),
		videoFormat("H264", "profile-level-id=640c1f"), videoFormat("H264", "profile-level-id=f4001f"),
		videoFormat("VP9", "profile-id=2"), videoFormat("VP9", "profile-id=0"),
		videoFormat("AV1", ""), videoFormat("rtx", "apt=96"),
	}
	var got []string
	for _, format := range Offered(ofBrowser) {
		got = append(got, format.Name+" "+format.Parameters)
	}
	want := []string{
		"VP8 ", "H264 profile-level-id=640c1f;packetization-mode=1", "H264 profile-level-id=42e01f;packetization-mode=1",
		"H264 profile-level-id=42001f", "VP9 ", "AV1 ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestParameterSetsCostNothing holds that a packet costs no memory on its way, with parameter sets put in or not.
func TestParameterSetsCostNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	format := videoFormat("H264", "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")
	sent := 0
	pipe, err := Connect([]Format{format}, format, PacketWriterFunc(func(*rtp.Packet) error {
		sent++
		return nil
	}), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	packet := &rtp.Packet{Payload: make([]byte, 1200)}
	packet.Payload[0] = 0x65
	if perPacket := testing.AllocsPerRun(1000, func() {
		packet.SequenceNumber++
		packet.Timestamp += 3000
		if err := pipe.WriteRTP(packet); err != nil {
			t.Error(err)
		}
	}); perPacket != 0 || sent != 3*1001 {
		t.Errorf("%v allocations a packet; %d packets", perPacket, sent)
	}
}

// TestParameterSetsAfterConnectingAgain holds that no packet is taken for one that was sent already when another Pipe
// takes the place of the one from a source.
func TestParameterSetsAfterConnectingAgain(t *testing.T) {
	t.Parallel()
	format := videoFormat("H264", "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")
	var numbers []uint16
	sender := NewSender(SenderOptions{Pictures: true, Write: func(header *rtp.Header, _ []byte) error {
		numbers = append(numbers, header.SequenceNumber)
		return nil
	}})
	sender.SetFormats([]Format{format})
	for number := range uint16(4) {
		pipe, err := Connect([]Format{format}, format, sender, ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		header := rtp.Header{SequenceNumber: number, Timestamp: uint32(number) * 3000, SSRC: 7, Marker: true}
		if err := pipe.WriteRTP(&rtp.Packet{Header: header, Payload: []byte{0x65, 1}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(numbers) != 4*3 || numbers[11]-numbers[0] != 11 || sender.Stats().Dropped != 0 {
		t.Errorf("numbers %v; %+v", numbers, sender.Stats())
	}
}

// TestLargePacketsAreCut cuts pictures for a receiver whose path carries less, but H.264 not for one that wants single
// units.
func TestLargePacketsAreCut(t *testing.T) {
	t.Parallel()
	fragments, single := "profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f"
	for name, test := range map[string]struct {
		format Format
		most   int
		want   int
	}{
		"H.264":        {videoFormat("H264", fragments), 1200, 3},
		"no limit":     {videoFormat("H264", fragments), 0, 1},
		"no fragments": {videoFormat("H264", single), 1200, 1},
		"VP8":          {videoFormat("VP8", ""), 1200, 3},
		"VP9":          {videoFormat("VP9", ""), 1200, 3},
		"AV1":          {videoFormat("AV1", ""), 1200, 3},
		"x-flv":        {videoFormat("x-flv", ""), 1200, 1},
	} {
		sent := 0
		count := PacketWriterFunc(func(*rtp.Packet) error { sent++; return nil })
		pipe, err := Connect([]Format{test.format}, test.format, count, ConnectOptions{MaxPayload: test.most})
		if err != nil {
			t.Fatal(err)
		}
		packet := &rtp.Packet{Payload: append([]byte{0x15, 0x10}, make([]byte, 3000)...)}
		packet.PayloadType = test.format.PayloadType
		if err = pipe.WriteRTP(packet); err != nil || sent != test.want {
			t.Errorf("%s: %d packets, %v", name, sent, err)
		}
	}
}

// TestUnitsOfAByteAreNotCut holds that a packet of hundreds of units does not become as many.
func TestUnitsOfAByteAreNotCut(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"AV1":  append([]byte{0}, bytes.Repeat([]byte{1, 0x30}, 700)...),
		"H264": append([]byte{0x78}, bytes.Repeat([]byte{0, 1, 1}, 450)...),
	} {
		var sent []int
		count := PacketWriterFunc(func(packet *rtp.Packet) error {
			sent = append(sent, len(packet.Payload))
			return nil
		})
		format := videoFormat(name, "packetization-mode=1")
		pipe, err := Connect([]Format{format}, format, count, ConnectOptions{MaxPayload: 1200})
		if err != nil {
			t.Fatal(err)
		}
		packet := &rtp.Packet{Header: rtp.Header{PayloadType: format.PayloadType}, Payload: content}
		if err = pipe.WriteRTP(packet); err != nil || !slices.Equal(sent, []int{len(content)}) {
			t.Errorf("%s: %d packets of %d bytes: %v", name, len(sent), len(content), err)
		}
	}
}
