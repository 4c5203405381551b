package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"sipbridge/bridge"
	"sipbridge/bridge/recording"
	"sipbridge/bridge/route"
	"sipbridge/bridge/toll"
	"sipbridge/bridge/turn"
	"sipbridge/configs"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/tunnel"
	"sipbridge/signaling/ws"
	"sipbridge/sipua"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/locate/resolver"
	"sipbridge/sipua/nat"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/token"
	"sipbridge/transcode"
	"sipbridge/transcode/governor"
	"sipbridge/web/clicktocall"
	"sipbridge/web/clicktocall/store"
)

// service is everything that runs. Its parts know each other only by the interfaces of package bridge.
type service struct {
	config    *configs.Config
	listeners configs.Listeners
	log       *slog.Logger

	certificates  *certificates
	addresses     *nat.Addresses
	public        *publicAddress // nil without listen.stun
	media         *mediaSessions
	transports    *sipTransports
	registrar     *registrar.Registrar
	authenticator *digest.Authenticator
	tokens        *token.Verifier // nil without keys
	dialing       *toll.Policy
	resolver      *resolver.Resolver
	agent         *sipua.Agent
	exchange      *bridge.Exchange
	router        *route.Router
	// pictures bounds how many streams of pictures are transcoded; nil where none is.
	pictures    *transcode.PictureLimit
	recorder    *recording.Recorder // nil without recording.folder
	governor    *governor.Governor  // nil without media.opus_adapts
	browsers    *ws.Server
	clickToCall *clicktocall.Service // nil without buttons and accounts
	callers     *store.Store         // of clickToCall; nil without accounts
	relay       *turn.Server         // nil without listen.turn and listen.turn_tls
	flash       *rtmp.Server
	flashPlain  []net.Listener
	flashSecure []net.Listener
	flashTunnel *tunnel.Listener // nil without flash.tunnel
	web         []*webServer

	// ready is true between start and drain.
	ready atomic.Bool
}

// run serves until ctx ends, lets the calls finish for at most call.drain, and returns when everything has ended.
func (s *service) run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, running := errgroup.WithContext(running)
	// Calls end before the transports that carry their last words.
	calls, stopCalls := context.WithCancel(running)
	defer stopCalls()
	group.Go(func() error { return s.transports.layer.Run(running) })
	group.Go(func() error { return s.public.run(running) })
	group.Go(func() error { return s.certificates.run(running) })
	group.Go(func() error { return s.registrar.Run(running) })
	if s.governor != nil {
		group.Go(func() error { return s.governor.Run(running) })
	}
	group.Go(func() error {
		defer stop()
		return s.runCalls(calls)
	})
	group.Go(func() error { return s.browsers.Run(running) })
	for _, server := range s.web {
		for _, listener := range server.listeners {
			group.Go(func() error { return server.serve(listener) })
		}
	}
	group.Go(func() error {
		<-running.Done()
		return s.closeWeb()
	})
	unregistered := make(chan struct{})
	group.Go(func() error {
		defer close(unregistered)
		return s.runTrunks(ctx, running)
	})
	s.ready.Store(true)
	group.Go(func() error {
		defer stopCalls()
		err := s.waitAndDrain(ctx, running)
		<-unregistered
		return err
	})
	err := errors.Join(group.Wait(), s.closeRelay(), s.media.engine.Close())
	if s.callers != nil {
		err = errors.Join(err, s.callers.Close())
	}
	return err
}

// runCalls ends the calls before the server and the agent whose legs they are, and the server before the agent, by
// which its clients are registered elsewhere.
func (s *service) runCalls(running context.Context) error {
	after := context.WithoutCancel(running)
	agentRunning, stopAgent := context.WithCancel(after)
	defer stopAgent()
	flashRunning, stopFlash := context.WithCancel(after)
	defer stopFlash()
	var agent, flash errgroup.Group
	agent.Go(func() error { return s.agent.Run(agentRunning) })
	flash.Go(func() error { return s.flash.Run(flashRunning) })
	err := s.exchange.Run(running)
	if s.recorder != nil {
		s.recorder.Close()
	}
	stopFlash()
	err = errors.Join(err, flash.Wait())
	stopAgent()
	return errors.Join(err, agent.Wait())
}

// waitAndDrain waits for the signal to stop, then for the calls to finish.
func (s *service) waitAndDrain(ctx, running context.Context) error {
	select {
	case <-ctx.Done():
	case <-running.Done():
		return nil
	}
	s.ready.Store(false)
	s.log.Info("draining", "calls", s.exchange.Stats().Active, "for", s.config.Call.Drain)
	timer := time.NewTimer(s.config.Call.Drain)
	defer timer.Stop()
	select {
	case <-s.exchange.Drain():
	case <-timer.C:
		s.log.Warn("drain time is over", "calls", s.exchange.Stats().Active)
	case <-running.Done():
	}
	return nil
}

func (s *service) closeWeb() error {
	var faults []error
	for _, server := range s.web {
		if err := server.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
