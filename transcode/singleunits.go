package transcode

import (
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264"
	"sipbridge/transcode/h264/payload"
)

// singleUnits packs pictures of H.264 anew for a receiver of packetization-mode 0, which takes each NAL unit in its own
// packet (RFC 6184 section 6.2): fragments are joined, aggregates taken apart. A unit may be larger than the path
// carries; then IP cuts it. A picture of which a packet is missing is left out, and a number with it, so that the
// receiver knows. It belongs to one goroutine.
type singleUnits struct {
	order        inOrder
	depacketizer payload.Depacketizer
	stream       *pictureStream
	// left counts the pictures of the depacketizer for which a number was left out.
	left uint64
	// whole has how the picture that is put together is turned.
	whole frame
}

// singleUnitsOnly tells whether a format is H.264 of packetization-mode 0.
func singleUnitsOnly(format Format) bool {
	parameters, ok := h264.ParseParameters(format.Parameters)
	return ok && videoCodec(format.Codec) == avc && parameters.Mode == 0
}

func newSingleUnits(pipe *Pipe, to Format) *singleUnits {
	return &singleUnits{stream: newPictureStream(pipe, to)}
}

// write takes a packet of the source.
func (u *singleUnits) write(packet *rtp.Packet) { u.order.put(packet, time.Now(), u) }

// Restart begins with another source, whose numbers are others.
func (u *singleUnits) Restart() {
	u.stream.number++
	u.depacketizer, u.left = payload.Depacketizer{}, 0
}

// Lose does nothing: the depacketizer sees by the numbers that packets are missing.
func (u *singleUnits) Lose() {}

// Play takes the next packet in order.
func (u *singleUnits) Play(packet *rtp.Packet) {
	if value := packet.GetExtension(orientationID); packet.Extension && len(value) == 1 {
		u.whole.turned, u.whole.orientation = true, value[0]
	}
	u.depacketizer.Put(packet, u.take)
	u.leaveOut()
}

// leaveOut leaves out a number for each picture that is not whole.
func (u *singleUnits) leaveOut() {
	broken := u.depacketizer.Stats().Broken
	u.stream.number += uint16(broken - u.left)
	u.left = broken
}

// take sends a picture. One with a unit that fits into no datagram is left out, too.
func (u *singleUnits) take(picture payload.Picture) {
	u.leaveOut()
	u.whole.timestamp = picture.Timestamp
	sent := u.stream.cutting.avc.Packetize(picture.Units, func(content []byte, last bool) {
		u.stream.sendPart(u.whole, content, last)
	})
	if !sent {
		u.stream.number++
		u.stream.pipe.decodeErrors.Add(1)
	}
	u.whole.turned = false
}
