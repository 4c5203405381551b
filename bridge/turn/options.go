package turn

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

// Media knows our own media ports.
type Media interface {
	// ListensAt tells whether there are any at an address, Listens whether a port is one.
	ListensAt(address netip.Addr) bool
	Listens(port netip.AddrPort) bool
}

// Options say where a Server listens and whom it serves.
type Options struct {
	// UDP and TCP are open sockets, each at one address of this machine. Close closes them.
	UDP []net.PacketConn
	TCP []net.Listener
	// TLS are listeners for TLS with Certificates, which is needed where there are any.
	TLS          []net.Listener
	Certificates *tls.Config
	// Realm is named in challenges. Required.
	Realm string
	// Secret makes the passwords; who knows it can make some, too. Required.
	Secret string
	// Media are the ports that relays reach. Required.
	Media Media
	// PerUser, PerSource and Most are how many relays a user, an address (of IPv6: a /64) and all together may have at
	// one time. Default: 10, 100, 2000.
	PerUser, PerSource, Most int
	// Guest tells of a user whether he is nobody that we know. Guests have half of Most together, so that they leave
	// relays to others. Default: nobody is.
	Guest func(user string) bool
	// Lifetime is how long credentials are good for a new relay; one that is there goes on. Default: an hour.
	Lifetime time.Duration
	// Patience is how long a connection may be there without a relay. Default: 10 s.
	Patience time.Duration
}

// ErrOptions means Options without something that is required.
var ErrOptions = errors.New("turn: incomplete options")

func (o *Options) complete() error {
	if o.Realm == "" || o.Secret == "" || o.Media == nil || len(o.TLS) > 0 && o.Certificates == nil {
		return ErrOptions
	}
	for _, field := range []struct {
		value    *int
		fallback int
	}{{&o.PerUser, 10}, {&o.PerSource, 100}, {&o.Most, 2000}} {
		if *field.value <= 0 {
			*field.value = field.fallback
		}
	}
	if o.Guest == nil {
		o.Guest = func(string) bool { return false }
	}
	if o.Lifetime <= 0 {
		o.Lifetime = time.Hour
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	return nil
}
