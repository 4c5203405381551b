package rtpmedia

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"sipbridge/bridge"
)

// Options says how a Session works.
type Options struct {
	// Ports gives the ports. Required.
	Ports *PortRange
	// Bind is the address of the sockets; the zero value means 127.0.0.1.
	Bind netip.Addr
	// Advertise is the address that SDP names; the zero value means Bind. Required if Bind is unspecified.
	Advertise netip.Addr
	// Rebind gives an address of ours that reaches the party's, of the other family than Bind; false if there is none.
	// Default: there is none, and a party that moves there is refused.
	Rebind func(party netip.Addr) (Place, bool)
	// SignallingHost is where the party's signalling comes from, if known. Media from there is believed
	// though the SDP names another address, as it is behind a NAT.
	SignallingHost netip.Addr
	// Security says how packets are protected.
	Security Security
	// ICE tells that our offers have it; offers of the party that have ICE are answered with it anyway.
	ICE bool
	// FullICE tells that we look for the party; else we only answer, which takes an address that it can reach (ICE-lite).
	FullICE bool
	// Streamed tells that our offers go over a connection, and so may be longer than a datagram.
	Streamed bool
	// Redundancy tells that our offers have RFC 2198, and Noise that they have comfort noise (RFC 3389); offers of the
	// party that have them are answered with them anyway.
	Redundancy, Noise bool
	// Events hears of keys, lost media and media that is back.
	Events bridge.MediaEvents
	// Timeout is how long a party that should send may be silent, RTP and RTCP alike, before Events.Lost is
	// called. A silence is told once; but while the party has never been heard it is told again after each
	// further Timeout, because a phone that rings may be silent. While one side holds the time does not run: many phones
	// hold by sendonly and send nothing. 0 means 30 s, a negative value never.
	Timeout time.Duration
	// ReportInterval is the mean time between RTCP reports; 0 means as the bandwidth wants (RFC 3550 section 6.2).
	ReportInterval time.Duration
	// Counters is shared by all sessions of a process; nil gives the session its own.
	Counters *Counters
	// Logger is for what happens once in a session, never once a packet; nil means no log.
	Logger *slog.Logger
}

const defaultTimeout = 30 * time.Second

// ErrOptions means options that cannot work.
var ErrOptions = errors.New("rtpmedia: wrong options")

// withDefaults fills in what is left out.
func (o Options) withDefaults() (Options, error) {
	if !o.Bind.IsValid() {
		o.Bind = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !o.Advertise.IsValid() {
		o.Advertise = o.Bind
	}
	o.Bind, o.Advertise, o.SignallingHost = o.Bind.Unmap(), o.Advertise.Unmap(), o.SignallingHost.Unmap()
	if o.Ports == nil || o.Advertise.IsUnspecified() || o.Advertise.Zone() != "" {
		return o, ErrOptions
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Counters == nil {
		o.Counters = &Counters{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
