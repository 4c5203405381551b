package nat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

const (
	// again is how often the addresses are asked for, and soon after how long when that failed.
	again = 2 * time.Minute
	soon  = 20 * time.Second
	// patience is how long the answers for all sockets may take.
	patience = 8 * time.Second
)

// Socket is one of ours whose address outside is to be found; transport.UDP is one.
type Socket interface {
	LocalAddr() netip.AddrPort
	// Reflexive asks a STUN server where it sees the socket.
	Reflexive(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error)
}

// Resolver finds the addresses of a host.
type Resolver interface {
	Addresses(ctx context.Context, host string) ([]netip.Addr, error)
}

// FinderOptions say what a Finder looks for. All are required.
type FinderOptions struct {
	// Addresses learn what is found.
	Addresses *Addresses
	// Host and Port are those of the STUN server.
	Host string
	Port uint16
	// Resolver finds the addresses of Host where it is a name.
	Resolver Resolver
	// Sockets are those to be found, of which those on loopback are left out where the server is elsewhere.
	Sockets []Socket
	// Changed is told when an address has changed. It does not block.
	Changed func()
	// Log hears what is found, and what is not.
	Log *slog.Logger
}

// Finder finds by STUN where our sockets are seen from outside, and looks again from time to time.
type Finder struct {
	options FinderOptions
	looked  chan struct{} // closed when it has looked once
	failing bool          // of Run: the last look brought nothing
}

// ErrNoSocket means that no socket of ours can ask the server: none is of its address family.
var ErrNoSocket = errors.New("nat: no SIP socket over UDP that reaches the STUN server")

// NewFinder makes a Finder.
func NewFinder(options FinderOptions) *Finder {
	return &Finder{options: options, looked: make(chan struct{})}
}

// Looked is closed when the addresses have been found, or not, for the first time.
func (f *Finder) Looked() <-chan struct{} { return f.looked }

// Run looks until ctx ends. What was found stays when the server is silent later.
func (f *Finder) Run(ctx context.Context) error {
	for {
		pause := again
		if err := f.look(ctx); ctx.Err() == nil {
			f.tell(err)
			if err != nil {
				pause = soon
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// tell tells of a look: of failures when they begin, and when they end.
func (f *Finder) tell(err error) {
	server := fmt.Sprintf("%s:%d", f.options.Host, f.options.Port)
	switch {
	case err != nil && !f.failing:
		f.options.Log.Warn("public address not found by STUN; peers are told what they were", "server", server, "error", err)
	case err == nil && f.failing:
		f.options.Log.Info("STUN server answers again", "server", server)
	}
	f.failing = err != nil
	select {
	case <-f.looked:
	default:
		close(f.looked)
	}
}

// look asks for all sockets at once: one that gets no answer takes no time of the others. The error is that of those
// for which nothing was found.
func (f *Finder) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	servers, err := f.servers(ctx)
	if err != nil {
		return err
	}
	looks := f.ask(ctx, servers)
	if len(looks) == 0 {
		return ErrNoSocket
	}
	changed := false
	var faults []error
	for _, look := range looks { // in the order of the sockets
		moved, err := f.learn(look)
		changed = changed || moved
		faults = append(faults, err)
	}
	if changed {
		f.options.Changed()
	}
	return errors.Join(faults...)
}

// look is what asking for one socket brought.
type look struct {
	local, outside netip.AddrPort
	err            error
}

// ask asks for each socket that reaches one of the servers.
func (f *Finder) ask(ctx context.Context, servers []netip.Addr) []*look {
	var asking sync.WaitGroup
	var looks []*look
	for _, socket := range f.options.Sockets {
		asked := &look{local: socket.LocalAddr()}
		server, ok := serverFor(asked.local.Addr(), servers)
		if !ok {
			continue
		}
		looks = append(looks, asked)
		asking.Go(func() {
			asked.outside, asked.err = socket.Reflexive(ctx, netip.AddrPortFrom(server, f.options.Port))
		})
	}
	asking.Wait()
	return looks
}

// servers are the addresses of the STUN server.
func (f *Finder) servers(ctx context.Context) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(f.options.Host); err == nil {
		return []netip.Addr{address.Unmap()}, nil
	}
	servers, err := f.options.Resolver.Addresses(ctx, f.options.Host)
	if err == nil && len(servers) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		return nil, fmt.Errorf("nat: STUN server %s: %w", f.options.Host, err)
	}
	return servers, nil
}

// serverFor gives the address of the server that a socket reaches.
func serverFor(local netip.Addr, servers []netip.Addr) (netip.Addr, bool) {
	for _, server := range servers {
		if server.Is4() == local.Is4() && server.IsLoopback() == local.IsLoopback() {
			return server, true
		}
	}
	return netip.Addr{}, false
}

// learn tells the addresses what was found, and us whether the socket is seen elsewhere than before.
func (f *Finder) learn(found *look) (moved bool, err error) {
	local, outside := found.local, found.outside
	if found.err != nil {
		return false, fmt.Errorf("from %v: %w", local, found.err)
	}
	if outside.Addr().Is4() != local.Addr().Is4() {
		return false, fmt.Errorf("from %v: seen at %v, of the other family", local, outside)
	}
	before := f.options.Addresses.learn(local, outside)
	if before == outside {
		return false, nil
	}
	f.options.Log.Info("public address found by STUN", "of", local, "is", outside, "was", before)
	return true, nil
}
