package rtmp

import (
	"sync/atomic"
	"time"

	"sipbridge/signaling/rtmp/chunk"
)

// How a client limits what is on its way to it (RTMP section 5.4.5, Set Peer Bandwidth).
const (
	hardLimit = 0
	softLimit = 1
)

// maxWindow is the largest window that a client may set.
const maxWindow = 1 << 29

// window bounds what was sent to a client and not acknowledged. By the specification that is one window (section
// 5.4.4); as clients acknowledge each window when it is full, a second one may be on its way. A client that never
// acknowledges anything is taken for one that cannot: that it reads shows by its socket.
type window struct {
	size, sent, acknowledged atomic.Uint32
	// acknowledges tells that it ever did.
	acknowledges atomic.Bool
	// hard tells that the client set a hard limit; for the goroutine that reads.
	hard bool
	// since is when nothing more could be sent; for the goroutine that writes.
	since time.Time
}

// acknowledge notes how many bytes the client has received.
func (w *window) acknowledge(bytes uint32) {
	w.acknowledged.Store(bytes)
	w.acknowledges.Store(true)
}

// full tells whether no sound and no pictures may be sent now. Some clients count the handshake, too, so that they
// seem to have more than was sent.
func (w *window) full() bool {
	return w.acknowledges.Load() && int32(w.sent.Load()-w.acknowledged.Load()) > int32(2*w.size.Load())
}

// stuck tells whether it has been full for longer than a client may take.
func (w *window) stuck(now time.Time, patience time.Duration) bool {
	switch {
	case !w.full():
		w.since = time.Time{}
	case w.since.IsZero():
		w.since = now
	}
	return !w.since.IsZero() && now.Sub(w.since) > patience
}

// limit takes the client's limit, and reports true if the window is another one now.
func (w *window) limit(bytes uint32, kind byte) (changed bool) {
	before := w.size.Load()
	switch {
	case kind == hardLimit, kind != softLimit && w.hard:
		w.hard = true
	case kind == softLimit:
		bytes, w.hard = min(bytes, before), false
	default:
		return false
	}
	w.size.Store(min(max(bytes, minWindow), maxWindow))
	return w.size.Load() != before
}

// limitBandwidth takes a SetPeerBandwidth, and answers it with the window if that has changed.
func (c *conn) limitBandwidth(message chunk.Message) error {
	bytes, err := message.Number()
	if err != nil || len(message.Payload) < 5 {
		return chunk.ErrFormat
	}
	if !c.commands.Allow() {
		return errFlood
	}
	if c.sending.limit(bytes, message.Payload[4]) {
		c.send(chunk.Number(chunk.WindowAckSize, c.sending.size.Load()))
	}
	return nil
}

// dropped counts a message that was left out because the client does not acknowledge what it got.
func (c *conn) dropped(message chunk.Message) {
	if message.Type == chunk.Audio {
		c.server.counts.audioDropped.Add(1)
		return
	}
	c.server.counts.videoDropped.Add(1)
	c.unshown.Add(1)
}
