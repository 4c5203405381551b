package transport

import "sync/atomic"

// UDPStats is a snapshot of one UDP socket's counters since it was opened.
type UDPStats struct {
	Received   uint64 // datagrams handed to the Receiver
	Sent       uint64 // datagrams sent
	SendErrors uint64 // datagrams that the socket refused
	// Undelivered counts datagrams of ours that came back by an ICMP error.
	Undelivered uint64
	Pings       uint64 // keep-alives by STUN, answered
	Junk        uint64 // datagrams dropped because they can't be SIP, keep-alives among them
	Limited     uint64 // datagrams dropped because their source sent too many
	Panics      uint64 // panics of the Receiver, each the loss of one datagram
}

// TCPStats is a snapshot of one TCP listener's counters since it was opened.
type TCPStats struct {
	Open     int64  // connections now, both ways
	Accepted uint64 // connections taken
	Refused  uint64 // connections closed at once because of a limit
	// AcceptErrors counts the failures to take a connection, for lack of descriptors most of all.
	AcceptErrors uint64
	Dialed       uint64 // connections that we began
	DialErrors   uint64 // of those, the ones that failed
	// HandshakeErrors counts the connections taken whose handshake of TLS failed or took too long.
	HandshakeErrors uint64
	Received        uint64 // messages handed to the Receiver
	Sent            uint64 // messages written
	Pings           uint64 // keep-alives answered
	Malformed       uint64 // connections closed because the stream could not be framed
	Dead            uint64 // connections of our making closed because the peer no longer answered pings
	TimedOut        uint64 // connections closed because nothing or half a message came
	Limited         uint64 // connections closed because their source sent too many messages
	Slow            uint64 // connections closed because the peer did not read
	Panics          uint64 // panics of the Receiver, each the loss of one message
}

type udpCounters struct {
	received, sent, sendErrors, undelivered, pings, junk, limited, panics atomic.Uint64
}

func (c *udpCounters) snapshot() UDPStats {
	return UDPStats{
		Received: c.received.Load(), Sent: c.sent.Load(), SendErrors: c.sendErrors.Load(),
		Undelivered: c.undelivered.Load(), Pings: c.pings.Load(),
		Junk: c.junk.Load(), Limited: c.limited.Load(), Panics: c.panics.Load(),
	}
}

type tcpCounters struct {
	open                            atomic.Int64
	accepted, refused, acceptErrors atomic.Uint64
	dialed, dialErrors              atomic.Uint64
	handshakeErrors                 atomic.Uint64
	received, sent, pings           atomic.Uint64
	malformed, timedOut, slow       atomic.Uint64
	limited, dead                   atomic.Uint64
	panics                          atomic.Uint64
}

func (c *tcpCounters) snapshot() TCPStats {
	return TCPStats{
		Open: c.open.Load(), Accepted: c.accepted.Load(), Refused: c.refused.Load(),
		AcceptErrors: c.acceptErrors.Load(), Dialed: c.dialed.Load(),
		HandshakeErrors: c.handshakeErrors.Load(),
		DialErrors:      c.dialErrors.Load(), Received: c.received.Load(), Sent: c.sent.Load(), Pings: c.pings.Load(),
		Malformed: c.malformed.Load(), Dead: c.dead.Load(), TimedOut: c.timedOut.Load(), Limited: c.limited.Load(),
		Slow: c.slow.Load(), Panics: c.panics.Load(),
	}
}
