package rtmp

import (
	"fmt"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
)

const (
	// Video messages a second that a client may send.
	videoRate, videoBurst = 120, 240
	// maxPicture is the longest video message, in bytes: a full picture of 1920 by 1080 at high quality.
	maxPicture = 1 << 20
)

// skips tells whether messages of a type are thrown away as they come: pictures of those who have not logged in.
func (c *conn) skips(messageType uint8) bool { return messageType == chunk.Video && !c.known() }

// known tells whether the client has logged in, or publishes or plays a stream.
func (c *conn) known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.publisher != nil {
		return c.publisher.stream != nil || c.active != nil
	}
	return (c.user != "" || c.guest != nil) && !c.rejected
}

// see takes a video message of the client.
func (c *conn) see(message chunk.Message) {
	if len(message.Payload) == 0 {
		return // it was skipped
	}
	counts := &c.server.counts
	counts.videoIn.Add(1)
	if len(message.Payload) > maxPicture || !c.video.Allow() {
		counts.videoDropped.Add(1)
		return
	}
	if c.carry(message) {
		return
	}
	picture, configured, err := c.camera.take(message)
	if configured {
		c.mu.Lock()
		c.sets = spropSets(c.camera.configuration)
		c.mu.Unlock()
	}
	switch {
	case c.publisher != nil && !c.camera.ready() && !isAVC(message.Payload):
		counts.videoDropped.Add(1)
		c.publisher.refusePictures(message)
	case err != nil, !isAVC(message.Payload):
		counts.videoDropped.Add(1)
	case c.publisher != nil:
		c.publisher.see(message, picture)
	case picture:
		c.show(message.StreamID)
	}
}

// isAVC tells whether a video message is in H.264, the one codec that others have.
func isAVC(tag []byte) bool { return tag[0]&0x80 == 0 && tag[0]&0x0f == flv.AVC }

// refusePictures ends a publisher whose pictures nobody understands, and says why: he would never see that there are
// none.
func (p *publisher) refusePictures(message chunk.Message) {
	if p.stream != nil && message.StreamID == p.number {
		p.over(unsupported(pictureName(message.Payload)))
	}
}

// pictureName names the codec of a video message (FLV specification, section E.4.3.1; Enhanced RTMP, which has a
// FourCC behind the first byte).
func pictureName(tag []byte) string {
	const fourCC = 4
	if tag[0]&0x80 != 0 && len(tag) > fourCC {
		names := map[string]string{
			"avc1": "H.264 by Enhanced RTMP", "hvc1": "HEVC", "av01": "AV1", "vp08": "VP8", "vp09": "VP9", "vvc1": "VVC",
		}
		if name := names[string(tag[1:1+fourCC])]; name != "" {
			return name
		}
		return "video by Enhanced RTMP"
	}
	switch tag[0] & 0x0f {
	case flv.Sorenson:
		return "Sorenson H.263"
	case 3, 6:
		return "Screen Video"
	case 4, 5:
		return "VP6"
	default:
		return fmt.Sprintf("video format %d", tag[0]&0x0f)
	}
}

// show gives a picture to the call in which it is seen.
func (c *conn) show(stream uint32) {
	speaking := c.speaking(stream)
	if speaking == nil {
		return // it may publish before it calls
	}
	format, agreed := speaking.media.pictures()
	if !agreed {
		c.server.counts.videoDropped.Add(1)
		return
	}
	if !c.camera.send(format, speaking.media.see) {
		c.server.counts.videoDropped.Add(1)
	}
}
