package main

import (
	"context"
	"fmt"
	"net"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp"
	"sipbridge/sipua"
)

// addFlash opens the sockets for Flash phones. Without any the server stands still.
func (s *service) addFlash(ctx context.Context, domains sipua.Domains) error {
	options := rtmp.Options{
		Accept:   func(leg bridge.Incoming) { s.exchange.Accept(leg) },
		Accounts: newAccounts(s.config.Users, domains.Canonical),
		Domain: func(host string) (string, bool) {
			return domains.Canonical(host), domains.IsLocal(host)
		},
		Logger: s.log,
	}
	for _, address := range s.listeners.RTMP {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address.String())
		if err != nil {
			return fmt.Errorf("listen.rtmp: %w", err)
		}
		s.flashSockets = append(s.flashSockets, listener)
	}
	options.Listeners = s.flashSockets
	s.flash = rtmp.NewServer(options)
	return nil
}

// directories are several bridge.Directories as one: a user is where any of them finds him.
type directories []bridge.Directory

// Lookup gives the targets of all, in their order.
func (d directories) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	for _, directory := range d {
		found, knows := directory.Lookup(user, domain)
		targets, known = append(targets, found...), known || knows
	}
	return targets, known
}
