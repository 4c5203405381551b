package transcode

import (
	"slices"
	"testing"

	"github.com/pion/rtp"
)

// TestOrientationCrosses takes a packet of one party through a pipe to another, which numbers the extension otherwise.
func TestOrientationCrosses(t *testing.T) {
	t.Parallel()
	format := Format{Codec: Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	for name, test := range map[string]struct {
		from, to uint8
		want     []byte
	}{
		"both know it":      {13, 4, []byte{3}},
		"the source alone":  {13, 0, nil},
		"the receiver only": {0, 4, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent rtp.Header
			sender := NewSender(SenderOptions{Pictures: true, Write: func(header *rtp.Header, _ []byte) error {
				GiveOrientation(header, test.to)
				sent = header.Clone()
				return nil
			}})
			sender.SetFormats([]Format{format})
			pipe, err := Connect([]Format{format}, format, sender, ConnectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			packet := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96}, Payload: []byte{1}}
			for id, value := range map[uint8][]byte{2: {1, 2, 3}, 13: {3}} {
				if err = packet.SetExtension(id, value); err != nil {
					t.Fatal(err)
				}
			}
			TakeOrientation(&packet.Header, test.from)
			if err = pipe.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
			if got := sent.GetExtension(test.to); !slices.Equal(got, test.want) || sent.Extension != (test.want != nil) ||
				len(sent.Extensions) > 1 {
				t.Errorf("sent %v with %v", sent, got)
			}
		})
	}
}
