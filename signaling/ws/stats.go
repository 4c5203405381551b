package ws

import "sync/atomic"

// Stats is a snapshot of the counters of a Server or a Client since it was made.
type Stats struct {
	Open          int64  // connections now
	Accepted      uint64 // handshakes that succeeded
	RefusedOrigin uint64 // handshakes of pages that are not allowed
	RefusedToken  uint64 // handshakes with an access token that is not valid
	RefusedOther  uint64 // handshakes without the subprotocol, or no handshakes at all
	RefusedBusy   uint64 // handshakes above a limit, or while shutting down
	DialErrors    uint64 // connections to servers that could not be made
	Received      uint64 // messages handed to Receive
	Sent          uint64 // messages written
	KeepAlives    uint64 // CRLF keep-alives answered
	RateLimited   uint64 // connections closed because they sent too much
	TooLarge      uint64 // connections closed because of a message above the limit
	Malformed     uint64 // connections closed because of frames against RFC 6455
	TimedOut      uint64 // connections closed because a pong or the first message did not come
	Slow          uint64 // connections closed because the client did not read
	Panics        uint64 // panics of Receive, each the loss of one message
}

type counters struct {
	open                                     atomic.Int64
	accepted                                 atomic.Uint64
	refusedOrigin, refusedOther, refusedBusy atomic.Uint64
	refusedToken, dialErrors                 atomic.Uint64
	received, sent, keepAlives               atomic.Uint64
	rateLimited, tooLarge, malformed         atomic.Uint64
	timedOut, slow, panics                   atomic.Uint64
}

func (c *counters) snapshot() Stats {
	return Stats{
		Open: c.open.Load(), Accepted: c.accepted.Load(), RefusedOrigin: c.refusedOrigin.Load(),
		RefusedToken: c.refusedToken.Load(), DialErrors: c.dialErrors.Load(),
		RefusedOther: c.refusedOther.Load(), RefusedBusy: c.refusedBusy.Load(), Received: c.received.Load(),
		Sent: c.sent.Load(), KeepAlives: c.keepAlives.Load(), RateLimited: c.rateLimited.Load(),
		TooLarge: c.tooLarge.Load(), Malformed: c.malformed.Load(), TimedOut: c.timedOut.Load(),
		Slow: c.slow.Load(), Panics: c.panics.Load(),
	}
}
