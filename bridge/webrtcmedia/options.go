package webrtcmedia

import (
	"log/slog"
	"net/netip"
	"time"

	"sipbridge/bridge"
)

// Options says how a Session behaves.
type Options struct {
	// Events are called from the session's goroutines; none may wait for Close.
	Events bridge.MediaEvents
	// Advertise are the addresses under which the browser sees the machine from outside (1:1 NAT). They are offered as
	// first candidates, beside the machine's own addresses. Default: none.
	Advertise []netip.Addr
	// Signalling is where the browser's signalling comes from. What it sends to a relay from there is let in, though it
	// does not know that address itself. Default: unknown.
	Signalling netip.Addr
	// Timeout is how long a browser that should send may be silent before its media count as lost. While one
	// side holds it does not run: ICE then shows whether the browser is there. Default: 30 s.
	Timeout time.Duration
	// Connect is how long the connection may take to come up after a description was agreed on, before its
	// media count as lost. Default: 15 s.
	Connect time.Duration
	// Logger gets what happens to the connection. Default: none.
	Logger *slog.Logger
}

func (o *Options) setDefaults() {
	setDefault(&o.Timeout, 30*time.Second)
	setDefault(&o.Connect, 15*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}
