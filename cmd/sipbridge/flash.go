package main

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"sipbridge/bridge"
	"sipbridge/configs"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/tunnel"
	"sipbridge/sipua"
	"sipbridge/sipua/digest"
)

// addFlash opens the sockets for Flash phones. Without any the server stands still.
func (s *service) addFlash(ctx context.Context, domains sipua.Domains) error {
	options := rtmp.Options{
		Accept: func(leg bridge.Incoming) { s.exchange.Accept(leg) },
		Text: func(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
			s.exchange.Text(request, message, done)
		},
		Changed:  func(user string) { s.agent.ReachableChanged(user) },
		Accounts: newAccounts(s.config, domains.Canonical),
		Guard:    flashGuard{s.authenticator.Guard()},
		Domain: func(host string) (string, bool) {
			return domains.Canonical(host), domains.IsLocal(host)
		},
		Upstreams:   flashUpstreams{s.agent},
		PolicyHosts: s.config.Flash.PolicyHosts,
		Live:        liveOptions(s.config, domains),
		Logger:      s.log,
	}
	if s.config.Security.Strangers {
		options.Guests, options.AdmitStranger = true, s.agent.AdmitStranger
	}
	var err error
	if s.flashPlain, err = listenTCP(ctx, "listen.rtmp", s.listeners.RTMP); err != nil {
		return err
	}
	secure, err := listenTCP(ctx, "listen.rtmps", s.listeners.RTMPS)
	if err != nil {
		return err
	}
	options.Listeners = append(options.Listeners, s.flashPlain...)
	for _, listener := range secure {
		s.flashSecure = append(s.flashSecure, rtmp.Secure(listener, s.certificates.server(configs.ListenerRTMPS)))
	}
	options.Listeners = append(options.Listeners, s.flashSecure...)
	if s.config.Flash.Tunnel {
		s.flashTunnel = tunnel.NewListener(tunnel.Options{})
		options.Listeners = append(options.Listeners, s.flashTunnel)
	}
	s.flash = rtmp.NewServer(options)
	return nil
}

// flashGuard is the rtmp.Guard that counts together with what phones and browsers try.
type flashGuard struct{ guesses *digest.Guard }

// Locked tells whether a name may not be tried from an address now.
func (g flashGuard) Locked(name string, from netip.Addr) bool {
	return g.guesses.Locked(name, digest.SourceOf(from), time.Now()) > 0
}

// Fail counts a wrong password.
func (g flashGuard) Fail(name string, from netip.Addr) {
	g.guesses.Fail(name, digest.SourceOf(from), time.Now())
}

// Succeed notes a right one.
func (g flashGuard) Succeed(name string, from netip.Addr) {
	g.guesses.Succeed(name, digest.SourceOf(from))
}

// handleTunnel lets RTMP in through the web server, if it is to be.
func (s *service) handleTunnel(mux *http.ServeMux) {
	if s.flashTunnel == nil {
		return
	}
	for _, path := range tunnel.Paths() {
		mux.Handle(path, s.flashTunnel)
	}
}

// hasFlash tells whether a user has a Flash phone.
func (s *service) hasFlash(user, domain string) bool {
	targets, _ := s.flash.Lookup(user, domain)
	return len(targets) > 0
}

// liveOptions say who may publish streams.
func liveOptions(config *configs.Config, domains sipua.Domains) rtmp.LiveOptions {
	options := rtmp.LiveOptions{Strangers: config.Security.Strangers && len(domains.Local) > 0}
	if len(domains.Local) > 0 {
		options.Domain = domains.Local[0]
	}
	for _, stream := range config.Flash.Streams {
		if user, ok := config.Account(stream); ok {
			options.Streams = append(options.Streams, rtmp.LiveStream{
				Name: stream.Name, Key: stream.Key, User: user.Name + "@" + domains.Canonical(user.Domain),
			})
		}
	}
	return options
}

// fallback is a bridge.Directory that is asked for those whom the first does not know: nobody takes a user's calls by
// the name of a stream.
type fallback struct{ first, then bridge.Directory }

// Lookup gives the targets of the one that knows the user.
func (f fallback) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	if targets, known = f.first.Lookup(user, domain); known {
		return targets, known
	}
	return f.then.Lookup(user, domain)
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
