package rtpmedia

import (
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

// TestComfortNoise has a phone that offers comfort noise get it answered and sent, and pass on; one that does not gets
// none.
func TestComfortNoise(t *testing.T) {
	t.Parallel()
	for _, offered := range []bool{true, false} {
		session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
		heard := &recorder{}
		session.Receive(transcode.Audio, heard)
		offer := string(party.offer())
		if offered {
			offer = strings.Replace(offer, "RTP/AVP 0 101", "RTP/AVP 0 13 101", 1)
		}
		answer := party.call(session, []byte(offer))
		if got := len(answer.ComfortNoise()) == 1; got != offered {
			t.Errorf("offered %t, answered %t", offered, got)
		}
		if codecs := answer.Codecs(); len(codecs) != 1 {
			t.Errorf("codecs %v", codecs)
		}
		party.sayAs(session.audio().address(), 13, false, []byte{40})
		eventually(t, "the phone's noise", func() bool { return heard.count() == 1 })
		if got := heard.all()[0]; got.PayloadType != 13 || len(got.Payload) != 1 {
			t.Errorf("passed on: %v", got)
		}
		for number, payloadType := range []uint8{0, 13, 0} {
			packet := &rtp.Packet{
				Header: rtp.Header{
					Version: 2, PayloadType: payloadType, SequenceNumber: uint16(number),
					Timestamp: uint32(number) * 160, SSRC: 9,
				},
				Payload: []byte{40},
			}
			if err := session.Sender(transcode.Audio).WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
		want := []uint8{0, 0}
		if offered {
			want = []uint8{0, 13, 0}
		}
		first := uint16(0)
		for i, payloadType := range want {
			got := party.hear()
			if i == 0 {
				first = got.SequenceNumber
			}
			if got.PayloadType != payloadType || got.SequenceNumber != first+uint16(i) {
				t.Errorf("offered %t: packet %d has payload type %d and number %d", offered, i, got.PayloadType, got.SequenceNumber)
			}
		}
	}
}
