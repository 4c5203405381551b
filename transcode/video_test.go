package transcode

import (
	"slices"
	"testing"

	"github.com/pion/rtp"
)

func picture(name, parameters string) Format {
	return Format{Codec: Codec{Name: name, ClockRate: 90000}, Parameters: parameters}
}

func TestFits(t *testing.T) {
	t.Parallel()
	pcmu := Codec{Name: "PCMU", ClockRate: 8000}
	for _, test := range []struct {
		a, b Format
		want bool
	}{
		{picture("VP8", "max-fs=1200"), picture("vp8", ""), true},
		{picture("VP8", ""), picture("VP9", ""), false},
		{picture("VP9", ""), picture("VP9", "profile-id=0"), true},
		{picture("VP9", "profile-id=2"), picture("VP9", ""), false},
		{picture("AV1", "level-idx=5;profile=0;tier=0"), picture("AV1", ""), true},
		{picture("AV1", "profile=1"), picture("AV1", ""), false},
		{picture("H264", "profile-level-id=42e01f"), picture("H264", "profile-level-id=42801E"), true},
		{picture("H264", "packetization-mode=2"), picture("H264", "packetization-mode=2"), false},
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
		picture("VP8", "max-fr=30;max-fs=x;evil=1"):                       "max-fr=30",
		picture("VP9", "profile-id=2"):                                    "profile-id=2",
		picture("AV1", "tier=0;level-idx=8;profile=0"):                    "level-idx=8",
		picture("H264", "profile-level-id=42E01F;sprop-parameter-sets=!"): "profile-level-id=42e01f",
	} {
		got, ok := given.Crossing()
		if !ok || got.Parameters != want {
			t.Errorf("%v %q crosses as %q, %t", given, given.Parameters, got.Parameters, ok)
		}
	}
	odd := Format{Codec: Codec{Name: "VP8", ClockRate: 8000}}
	unknown := picture("H264", "profile-level-id=00001f")
	for _, given := range []Format{picture("H263", ""), picture("H264", "profile-level-id=x"), odd, unknown} {
		if _, ok := given.Crossing(); ok {
			t.Errorf("%v %q crosses", given, given.Parameters)
		}
	}
}

// TestOffered holds that an offer to a phone stays small, and has what phones have.
func TestOffered(t *testing.T) {
	t.Parallel()
	ofBrowser := []Format{
		picture("VP8", ""), picture("H264", "profile-level-id=640c1f;packetization-mode=1"),
		picture("H264", "profile-level-id=42e01f;packetization-mode=1"), picture("H264", "profile-level-id=42001f"),
		picture("H264", "profile-level-id=4d001f"), picture("VP9", "profile-id=2"), picture("VP9", "profile-id=0"),
		picture("AV1", ""), picture("rtx", "apt=96"),
	}
	var got []string
	for _, format := range Offered(ofBrowser) {
		got = append(got, format.Name+" "+format.Parameters)
	}
	want := []string{
		"VP8 ", "H264 profile-level-id=42e01f;packetization-mode=1", "H264 profile-level-id=42001f", "VP9 ", "AV1 ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestParameterSetsCostNothing holds that a packet costs no memory on its way, with parameter sets put in or not.
func TestParameterSetsCostNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	format := picture("H264", "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")
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
	format := picture("H264", "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")
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
