package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/builtin"
	"sipbridge/bridge/route"
	"sipbridge/configs"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/ws"
	"sipbridge/sipua"
	"sipbridge/sipua/admission"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/locate"
	"sipbridge/sipua/locate/resolver"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/registrar"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/transcode"
	"sipbridge/web"
	"sipbridge/web/admin"
)

// serve runs the service until the context ends.
func serve(ctx context.Context, config *configs.Config, stdout io.Writer) error {
	log, err := newLogger(config.Log, stdout)
	if err != nil {
		return err
	}
	s, err := build(ctx, config, log)
	if err != nil {
		return err
	}
	say(stdout, "%s", s.banner())
	return s.run(ctx)
}

// build opens every socket and plugs the parts together. Nothing is read from a socket before run.
func build(ctx context.Context, config *configs.Config, log *slog.Logger) (*service, error) {
	own, err := configs.OwnAddresses()
	if err != nil {
		return nil, err
	}
	s := &service{config: config, log: log}
	if s.listeners, err = config.Listen.Expand(own); err != nil {
		return nil, err
	}
	if s.addresses, err = newAddresses(config.Listen); err != nil {
		return nil, err
	}
	named := slices.Concat(own, s.addresses.All())
	domains, err := newDomains(config.Domains, named)
	if err != nil {
		return nil, err
	}
	domains.Advertised = s.addresses.Has
	overTCP, err := listenTCP(ctx, "listen.webrtc_tcp", s.listeners.WebRTCTCP)
	if err != nil {
		return nil, err
	}
	if s.media, err = newMediaSessions(config, s.addresses, overTCP, log); err != nil {
		return nil, err
	}
	if err := s.addTransports(ctx, own, named); err != nil {
		return nil, err
	}
	if err := s.addUsers(domains); err != nil {
		return nil, err
	}
	if err := s.addAgent(ctx, domains); err != nil {
		return nil, err
	}
	if err := s.addFlash(ctx, domains); err != nil {
		return nil, err
	}
	if err := s.addClickToCall(ctx, domains); err != nil {
		return nil, err
	}
	if err := s.addRelay(ctx); err != nil { // it asks clickToCall who is a guest
		return nil, err
	}
	if err := s.addExchange(domains, named); err != nil {
		return nil, err
	}
	s.addBrowsers() //nolint:contextcheck // what a message starts outlives the building
	if err := s.addWeb(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *service) addTransports(ctx context.Context, own, named []netip.Addr) error {
	var err error
	if s.certificates, err = newCertificates(s.config.TLS, s.listeners, named, s.log); err != nil {
		return err
	}
	plug := sipPlug{
		agent: func() *sipua.Agent { return s.agent }, rate: float64(s.config.Security.Rate), log: s.log,
		paths: s.config.WebSocketPaths(), advertised: s.addresses.Signalling,
	}
	if plug.client, err = s.certificates.client(); err != nil {
		return err
	}
	if plug.secure, err = s.certificates.sip(plug.client); err != nil {
		return err
	}
	s.resolver = resolver.New(resolver.Options{Servers: s.config.DNS.ServerAddresses()})
	if s.transports, err = openTransports(ctx, s.listeners, plug); err != nil {
		return err
	}
	return s.addFinder(own)
}

// newDomains tells which domains are ours and which belong to other servers. The first one of ours goes by the
// addresses named, too.
func newDomains(configured []configs.Domain, named []netip.Addr) (sipua.Domains, error) {
	domains := sipua.Domains{Addresses: named}
	for _, domain := range configured {
		if domain.Local() {
			domains.Local = append(domains.Local, domain.Name)
			continue
		}
		upstream, err := sipua.ParseUpstream(domain.Name, domain.NextHop...)
		if err != nil {
			return sipua.Domains{}, fmt.Errorf("domains: %w", err)
		}
		upstream.Logins = domain.BreakerLogin
		domains.Upstreams = append(domains.Upstreams, upstream)
	}
	return domains, nil
}

func (s *service) addUsers(domains sipua.Domains) error {
	users := newAccounts(s.config, domains.Canonical)
	s.registrar = registrar.New(registrar.Options{
		Users: users, Domain: domains.Canonical, Observer: registrations{
			log: s.log, changed: func(user string) { s.agent.ReachableChanged(user) },
		},
	})
	s.authenticator = digest.New(digest.Options{
		Accounts: users, Algorithms: algorithmsFor(s.config.Users), Logger: s.log,
	})
	var err error
	s.tokens, err = newTokens(s.config)
	return err
}

func (s *service) addAgent(ctx context.Context, domains sipua.Domains) error {
	crossing, err := headers.New(s.config.Headers.Pass, s.config.Headers.Strip)
	if err != nil {
		return fmt.Errorf("headers: %w", err)
	}
	trunks, err := newTrunks(s.config)
	if err != nil {
		return err
	}
	if s.dialing, err = newDialing(s.config, s.log); err != nil {
		return err
	}
	s.agent = sipua.NewAgent(sipua.Options{ //nolint:contextcheck // what a message starts outlives the building
		Domains: domains,
		Media:   s.media.open,
		Accept:  func(leg bridge.Incoming) { s.exchange.Accept(leg) },
		Route:   s.aside,
		Owner: func(request bridge.Request) (name, domain string, ok bool) {
			return s.router.Owner(request)
		},
		MayPlace:      func(user string, passing int) bool { return s.exchange.MayPlace(user, passing) },
		StandAside:    s.config.Call.Breaker == "asked",
		Registrar:     s.registrar,
		Elsewhere:     s.hasFlash,
		Authenticator: s.authenticator,
		Headers:       crossing,
		MayWatch:      mayWatch(s.config, domains.Canonical),
		Presence: presence.Options{
			MaxExpires: s.config.Presence.Expires, MaxSubscriptions: s.config.Presence.Subscriptions,
			MaxPerWatcher: s.config.Presence.PerUser, MaxWatchers: s.config.Presence.PerWatched,
		},
		Tokens:     s.tokens,
		Guests:     s.config.Tokens.AnyUser,
		CallsOnly:  s.isGuest,
		ICEServers: s.iceServers,
		Trunks:     trunks,
		Dialing:    s.dialing,
		Transports: s.transports.layer,
		Locator:    s.newLocator(),
		Blacklist: locate.NewBlacklist(locate.BlacklistOptions{
			Avoid: s.config.Failover.Avoid, Failures: s.config.Failover.ProbeFailures,
		}),
		Silence: s.config.Failover.Silence,
		Probe:   s.config.Failover.Probe,
		Protection: admission.Protection{
			Scanners: s.config.Security.Scanners, NoStrangers: !s.config.Security.Strangers,
			StrangerCalls: float64(s.config.Security.StrangerCalls),
		},
		Park:                 s.config.Call.Park,
		MaxMessage:           s.config.WebSocket.MaxMessage,
		ReliableProvisionals: s.config.Call.PRACK,
		Session:              s.config.Call.Session,
		Trace:                s.tracer(ctx),
		Log:                  s.log,
	})
	return nil
}

// newLocator finds servers over the transports that are open.
func (s *service) newLocator() *locate.Locator {
	return locate.New(locate.Options{
		Resolver: s.resolver, Transports: s.transports.words(), PreferIPv6: s.config.DNS.PreferIPv6,
	})
}

// tracer writes every SIP message to the log where the level is debug; credentials are taken out before.
func (s *service) tracer(ctx context.Context) transaction.Tracer {
	if !s.log.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	return func(direction string, flow transport.Flow, message []byte) {
		s.log.Debug("sip", "direction", direction, "transport", flow.Transport(), "remote", flow.RemoteAddr(),
			"message", string(message))
	}
}

func (s *service) addExchange(domains sipua.Domains, own []netip.Addr) error {
	announcements, err := loadAnnouncements(s.config)
	if err != nil {
		return err
	}
	router, err := newRouter(s.config, domains, own, announcements, s.agent, s.flash)
	if err != nil {
		return err
	}
	s.router, s.pictures = router, transcode.NewPictureLimit(s.config.Media.VideoTranscoders)
	if err := s.addRecorder(); err != nil {
		return err
	}
	options := bridge.ExchangeOptions{
		Router: router, Logger: s.log, PassTransfers: s.config.Call.PassTransfers, Ring: s.config.Call.Ring,
		MaxUserCalls: s.config.Call.PerUser, Passing: s.agent.ProxiedCalls,
		Policy: bridge.Policy{
			AudioOnly: !s.config.Media.Video, PictureBitrate: uint64(s.config.Media.VideoBitrate) * 1000,
			Pictures: s.pictures,
		},
		Announcer:    announcements.announcer(s.config.Announcements),
		JitterBuffer: jitterBuffer(s.config.Media),
		Encoder:      s.encoding(),
	}
	if s.recorder != nil {
		options.Recorder = s.recorder
	}
	if s.clickToCall != nil {
		options.Router, options.Observer = s.clickToCall.Router(router), s.clickToCall
	}
	s.exchange = bridge.NewExchange(options)
	return nil
}

// jitterBuffer is the longest delay as the exchange has it: none is negative there.
func jitterBuffer(media configs.Media) time.Duration {
	if media.JitterBuffer == 0 {
		return -1
	}
	return media.JitterBuffer
}

// newRouter makes the routes. Without an agent they are only checked.
func newRouter(config *configs.Config, domains sipua.Domains, own []netip.Addr, announcements announcements,
	agent *sipua.Agent, flash *rtmp.Server,
) (*route.Router, error) {
	options := route.Options{Builtin: builtinNumbers(), Announcements: announcements, LocalDomain: domains.IsLocal}
	if len(domains.Local) > 0 {
		options.Domain = domains.Local[0]
	}
	options.Upstreams = make(map[string]bridge.Endpoint)
	for _, upstream := range domains.Upstreams {
		options.Upstreams[upstream.Domain] = nil
		if agent != nil {
			options.Upstreams[upstream.Domain] = agent.UpstreamEndpoint(upstream)
		}
	}
	if err := addTrunkRoutes(options.Upstreams, config, agent); err != nil {
		return nil, err
	}
	for _, rule := range config.RoutesFor(own) {
		options.Rules = append(options.Rules, routeRule(rule))
	}
	if agent != nil {
		options.Directory = fallback{directories{agent, flash}, flash.Live()}
		options.Gateway, options.NumberGateway = agent.Gateway(), agent.NumberGateway()
	}
	return route.New(options)
}

func builtinNumbers() map[string]bridge.Endpoint {
	return builtin.Endpoints(builtin.Options{})
}

func (s *service) addBrowsers() {
	s.browsers = ws.NewServer(ws.Options{
		Receive:    func(conn *ws.Conn, message []byte) { s.agent.Receive(conn, message) },
		Closed:     func(conn *ws.Conn) { s.agent.FlowClosed(conn) },
		Authorize:  s.authorize(),
		Welcome:    s.welcome(),
		Origins:    s.config.WebSocket.Origins,
		MaxMessage: s.config.WebSocket.MaxMessage,
		Rate:       float64(s.config.WebSocket.Rate),
		Logger:     s.log,
	})
}

// addWeb opens http and https. The numbers of /metrics tell an attacker much, and /calls more, so only http shows them.
func (s *service) addWeb(ctx context.Context) error {
	pages, err := web.EmbeddedPages()
	if err != nil {
		return err
	}
	status, err := admin.New(admin.Options{
		Version: version, Ready: s.ready.Load, Sources: s.metrics(), Calls: s.calls(), Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("status pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler(s.pageOptions(web.Options{Pages: pages})))
	mux.Handle("/ws", s.browsers)
	s.handleTunnel(mux)
	if s.clickToCall != nil {
		mux.Handle("/c2c/", s.clickToCall)
	}
	mux.Handle("/healthz", status)
	mux.Handle("/readyz", status)
	plain := http.NewServeMux()
	plain.Handle("/", mux)
	plain.Handle("/metrics", status)
	plain.Handle("/calls", status)
	plain.Handle("/calls.json", status)

	server, err := openWeb(ctx, "listen.http", s.listeners.HTTP, s.certificates.challenges(plain), nil, s.log)
	if err != nil {
		return err
	}
	s.web = append(s.web, server)
	if len(s.listeners.HTTPS) == 0 {
		return nil
	}
	own := s.certificates.server(configs.ListenerHTTPS)
	secure, err := openWeb(ctx, "listen.https", s.listeners.HTTPS, mux, own, s.log)
	if err != nil {
		return err
	}
	s.web = append(s.web, secure)
	return nil
}

// pageOptions are the facts that the web phone starts with.
func (s *service) pageOptions(options web.Options) web.Options {
	for _, domain := range s.config.Domains {
		if domain.Local() {
			options.Domain = domain.Name
			break
		}
	}
	options.Numbers = slices.Sorted(maps.Keys(builtinNumbers()))
	if s.config.Demo {
		for _, user := range s.config.Users {
			options.Accounts = append(options.Accounts, web.Account{Name: user.Name, Password: user.Password})
		}
	}
	return options
}
