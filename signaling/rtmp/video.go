package rtmp

import (
	"sipbridge/signaling/rtmp/chunk"
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
	return c.user != "" && !c.rejected || c.publisher != nil && (c.publisher.stream != nil || c.active != nil)
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
	case err != nil:
		counts.videoDropped.Add(1)
	case c.publisher != nil:
		c.publisher.see(message, picture)
	case picture:
		c.show(message.StreamID)
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
