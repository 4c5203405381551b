package rtmp

import (
	"log/slog"
	"net"
	"net/netip"
	"time"

	"sipbridge/bridge"
)

// Accounts knows the users of our own domains.
type Accounts interface {
	// Verify tells whether this is the user's password. Domain is canonical.
	Verify(user, domain, password string) bool
	// VerifySalted tells whether hash is the MD5, in hexadecimal digits, of the salt, a colon and the user's password.
	// Domain is canonical.
	VerifySalted(user, domain, salt, hash string) bool
}

// Options says how a Server works.
type Options struct {
	// Listeners are where clients connect; Run closes them.
	Listeners []net.Listener
	// Accept takes the calls of clients. Required.
	Accept func(bridge.Incoming)
	// Text takes the messages of clients outside of calls. Default: nobody does.
	Text func(request bridge.Request, message bridge.Message, done func(bridge.Cause))
	// Changed hears of each user, "name@domain", for whom a client has come or gone, one at a time. Default: nobody does.
	Changed func(user string)
	// Accounts checks who connects. Required.
	Accounts Accounts
	// Guard bounds how often passwords and keys are tried. Required.
	Guard Guard
	// Domain gives the canonical name of a domain of our own. Required.
	Domain func(host string) (canonical string, ok bool)
	// Upstreams are the servers of other domains. Default: none, so that only users of our own can connect.
	Upstreams Upstreams
	// PolicyHosts are those whose Flash pages may connect, as the policy file names them: "phone.example.com",
	// "*.example.com", or "*" for all. Default: none.
	PolicyHosts []string
	// Guests lets clients in that have no password: strangers, who may call and cannot be called.
	Guests bool
	// AdmitStranger tells whether somebody at an address who has proved nothing may call a URI now; the error is a
	// bridge.Cause. Default: nobody may, so that everybody needs a password or a key.
	AdmitStranger func(from netip.Addr, uri string) error
	// Live says who may publish streams. Default: nobody.
	Live LiveOptions
	// MaxConnections is how many clients may be connected at a time. Default: 1000.
	MaxConnections int
	// MaxPerAddress is how many from one source may be connected without having logged in. Default: 20.
	MaxPerAddress int
	// MaxDevices is how many clients of one user may be connected; one more ends the oldest. Default: 10.
	MaxDevices int
	// HandshakeTimeout is how long a handshake may take. Default: 5 s.
	HandshakeTimeout time.Duration
	// ConnectTimeout is how long after the handshake connect must have come. Default: 10 s.
	ConnectTimeout time.Duration
	// IdleTimeout is how long a client may say nothing, not even answer a ping. Default: 60 s.
	IdleTimeout time.Duration
	// WriteTimeout is how long a client may refuse to read. Default: 5 s.
	WriteTimeout time.Duration
	// Logger gets a line for each client that logs in. Default: none is written.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.AdmitStranger == nil {
		o.AdmitStranger = func(netip.Addr, string) error { return bridge.Cause{Status: 403, Text: "Forbidden"} }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	defaultTo(&o.MaxConnections, 1000)
	defaultTo(&o.MaxPerAddress, 20)
	defaultTo(&o.MaxDevices, 10)
	defaultTo(&o.HandshakeTimeout, 5*time.Second)
	defaultTo(&o.ConnectTimeout, 10*time.Second)
	defaultTo(&o.IdleTimeout, 60*time.Second)
	defaultTo(&o.WriteTimeout, 5*time.Second)
	return o
}

func defaultTo[T int | time.Duration](value *T, fallback T) {
	if *value <= 0 {
		*value = fallback
	}
}
