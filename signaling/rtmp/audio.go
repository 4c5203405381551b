package rtmp

import (
	"sipbridge/bridge"
	"sipbridge/signaling/rtmp/chunk"
)

// hear takes an audio message of the client. Its first byte is the truth about its codec: when it is another than
// was agreed, it is offered to the call, and heard once the call accepts.
func (c *conn) hear(message chunk.Message) {
	counts := &c.server.counts
	counts.audioIn.Add(1)
	if !c.known() || len(message.Payload) < 2 || len(message.Payload) > maxMessageSound || !c.audio.Allow() {
		counts.audioDropped.Add(1)
		return
	}
	if c.carry(message) {
		return
	}
	said, known := soundOfTag(message.Payload[0])
	if !known {
		c.recode(message)
		return
	}
	if c.publisher != nil {
		c.publisher.hear(message, said)
		return
	}
	speaking := c.speaking(message.StreamID)
	if speaking == nil {
		counts.audioDropped.Add(1)
		return
	}
	format, agreed := speaking.media.format(said)
	if !agreed {
		counts.audioDropped.Add(1)
		speaking.propose(said)
		return
	}
	speaking.media.hear(format, message.Payload[1:], message.Timestamp)
}

// speaking gives the leg in which a message stream is heard, or nil.
func (c *conn) speaking(stream uint32) *leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stream == 0 || stream != c.publishing {
		return nil
	}
	return c.active
}

// propose offers the call the codec that the client really sends, once until something else is agreed.
func (l *leg) propose(said sound) {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	l.proposeLocked(said)
}

// proposeLocked does it while the caller holds conn.mu.
func (l *leg) proposeLocked(said sound) {
	if _, heard := l.media.first(); !heard || l.state != stateAnswered || l.proposed == said.tag {
		return // nobody wants any sound in a call of pictures alone
	}
	l.proposed = said.tag
	offer := audioOf(said.Format)
	if pictures, ok := l.media.pictures(); ok {
		offer = withPictures(offer, pictures)
	}
	for i := range offer.Media {
		offer.Media[i].Direction = bridge.NewDirection(true, !l.holding)
	}
	l.emit(bridge.Offered{Offer: offer})
}
