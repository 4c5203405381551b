package webrtcmedia

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"

	"sipbridge/transcode"
)

// TestBitRates tells the browser what the other party takes, and the leg what the browser does.
func TestBitRates(t *testing.T) {
	t.Parallel()
	session, l, b, reports := see(t)
	eventually(t, "the camera", func() bool { return b.camera.bound.Load() != nil })
	must(t, b.camera.write(&picture(1).Header, picture(1).Payload))
	eventually(t, "a picture", func() bool { return l.heard(96) == 1 })
	ssrc := b.camera.bound.Load().ssrc
	limits := func(bitrate float32) func(rtcp.Packet) bool {
		return func(packet rtcp.Packet) bool {
			told, ok := packet.(*rtcp.ReceiverEstimatedMaximumBitrate)
			return ok && told.Bitrate == bitrate && len(told.SSRCs) == 1 && told.SSRCs[0] == ssrc
		}
	}
	session.LimitPictures(512_000)
	await(t, reports, limits(512_000))
	await(t, reports, limits(512_000)) // with a report of the clock
	ours := session.incoming.ours[transcode.Video]
	for _, told := range []*rtcp.ReceiverEstimatedMaximumBitrate{
		{Bitrate: 1_000_000, SSRCs: []uint32{ours + 1}}, // not ours
		{Bitrate: 300_000, SSRCs: []uint32{ours}},
		{Bitrate: 301_000, SSRCs: []uint32{ours}}, // no news
		{Bitrate: 200_000, SSRCs: []uint32{ours}},
	} {
		must(t, b.connection.WriteRTCP([]rtcp.Packet{told}))
	}
	eventually(t, "both rates", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.rates) == 2 && l.rates[0] == 300_000 && l.rates[1] == 200_000
	})
	block := rtcp.ReceptionReport{SSRC: ours, FractionLost: 128} // half of it is lost, and hardly anything sent
	eventually(t, "the rate to fall", func() bool {
		block.LastSequenceNumber += 100
		must(t, b.connection.WriteRTCP([]rtcp.Packet{
			&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{block}},
		}))
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.rates) == 3 && l.rates[2] < 200_000
	})
}

// TestArrivalsAreTold tells the browser when its packets came, by their numbers on the connection.
func TestArrivalsAreTold(t *testing.T) {
	t.Parallel()
	session, _, b, reports := see(t)
	eventually(t, "the camera", func() bool { return b.camera.bound.Load() != nil })
	id := session.incoming.accepted.Load().arrivalID
	number := uint16(0)
	told := func(packet rtcp.Packet) bool {
		feedback, ok := packet.(*rtcp.TransportLayerCC)
		return ok && feedback.BaseSequenceNumber >= 500 && len(feedback.RecvDeltas) > 1
	}
	eventually(t, "feedback", func() bool {
		packet := picture(number)
		must(t, packet.SetExtension(id, []byte{byte((500 + number) >> 8), byte(500 + number)}))
		number++
		must(t, b.camera.write(&packet.Header, packet.Payload))
		select {
		case packets := <-reports:
			return slices.ContainsFunc(packets, told)
		default:
			return false
		}
	})
}
