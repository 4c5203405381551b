package ws

import (
	"log/slog"
	"time"
)

// Options configure a Server. Zero fields mean the default.
type Options struct {
	// Receive takes the messages of each connection in order, from that connection's goroutine; message is
	// its to keep. While it runs nothing is read from that connection. Required.
	Receive func(conn *Conn, message []byte)
	// Closed is told once of each connection, after its last message; default none.
	Closed func(conn *Conn)
	// Origins are the pages that may connect beside those of this server, each exactly as a browser names it:
	// scheme://host or scheme://host:port.
	Origins []string
	// Welcome tells whether a page of an origin that is not in Origins may connect because of its access_token; default
	// none may.
	Welcome func(origin, token string) bool
	// Authorize checks the access_token in the URL of a handshake and gives whom the connection speaks for, and how
	// long; an error refuses the handshake with 401. Default: tokens are passed over. A client without one
	// connects in either case.
	Authorize func(token string) (user string, until time.Time, err error)
	// Secure says that clients reach us by TLS that something in front of us ends, so Via says WSS. A
	// connection with TLS of our own is WSS in any case.
	Secure bool
	// MaxMessage is the size of a message in bytes; a larger one ends the connection with 1009. Default 32 KB.
	MaxMessage int
	// Rate is how many messages and pings a second one connection may send in the long run; default 20.
	Rate float64
	// Burst is how many it may send at once; one more ends the connection with 1008. Default 100.
	Burst int
	// HandshakeTimeout bounds the writing of the handshake's answer; default 5 s.
	HandshakeTimeout time.Duration
	// FirstMessage is how long a client may take for its first SIP message; default 60 s, because a page may
	// connect before its user signs in.
	FirstMessage time.Duration
	// Completion is how long a message may take from the head of its first frame to its last byte; default 5 s.
	Completion time.Duration
	// PingInterval is how often the client is pinged; default 25 s, below the idle time of common proxies.
	PingInterval time.Duration
	// PongTimeout is how long it may take to answer; default 10 s.
	PongTimeout time.Duration
	// WriteTimeout is how long one write may take; default 5 s.
	WriteTimeout time.Duration
	// QueueLength is how many messages may wait to be written; a client that lets more pile up is dropped.
	// Default 64.
	QueueLength int
	// MaxConnections bounds the connections; more get 503. Default 10000.
	MaxConnections int
	// MaxPerIP bounds the connections of one address (one IPv6 /64). Loopback is free of it: a proxy on this
	// machine stands for everybody. Default 100.
	MaxPerIP int
	// Logger takes what an operator must know; default none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.MaxMessage = orDefault(o.MaxMessage, 32<<10)
	o.Rate = orDefault(o.Rate, 20)
	o.Burst = orDefault(o.Burst, 100)
	o.HandshakeTimeout = orDefault(o.HandshakeTimeout, 5*time.Second)
	o.FirstMessage = orDefault(o.FirstMessage, time.Minute)
	o.Completion = orDefault(o.Completion, 5*time.Second)
	o.PingInterval = orDefault(o.PingInterval, 25*time.Second)
	o.PongTimeout = orDefault(o.PongTimeout, 10*time.Second)
	o.WriteTimeout = orDefault(o.WriteTimeout, 5*time.Second)
	o.QueueLength = orDefault(o.QueueLength, 64)
	o.MaxConnections = orDefault(o.MaxConnections, 10000)
	o.MaxPerIP = orDefault(o.MaxPerIP, 100)
	o.Logger = orDefault(o.Logger, slog.New(slog.DiscardHandler))
	if o.Closed == nil {
		o.Closed = func(*Conn) {}
	}
	return o
}

func orDefault[T comparable](value, byDefault T) T {
	var zero T
	if value == zero {
		return byDefault
	}
	return value
}
