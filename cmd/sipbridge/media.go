package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"sipbridge/bridge"
	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/rtpmedia"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/turn"
	"sipbridge/bridge/udp"
	"sipbridge/bridge/webrtcmedia"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/nat"
	"sipbridge/sipua/transport"
	"sipbridge/transcode"
)

// mediaSessions makes the media of each leg: WebRTC for whoever comes over WebSocket, plain RTP for all others.
type mediaSessions struct {
	config    configs.Media
	engine    *webrtcmedia.Engine
	ports     *rtpmedia.PortRange
	counters  *rtpmedia.Counters
	addresses *nat.Addresses
	// servers are what trunks and upstream domains want, by their names in lower case.
	servers map[string]serverMedia
	// identity is our certificate for phones that get their keys by DTLS.
	identity *dtlssrtp.Identity
}

// serverMedia is what a server wants of media; the zero value is what holds for everybody.
type serverMedia struct {
	srtp, keys string
	ice        bool
	// redundancy and noise are offered to it.
	redundancy, noise bool
}

// newServerMedia gives what the servers of the configuration want.
func newServerMedia(config *configs.Config) map[string]serverMedia {
	servers := make(map[string]serverMedia)
	for _, domain := range config.Domains {
		servers[strings.ToLower(domain.Name)] = serverMedia{srtp: domain.SRTP, keys: domain.SRTPKeys, ice: domain.ICE}
	}
	for _, trunk := range config.Trunks {
		servers[strings.ToLower(trunk.Name)] = serverMedia{
			trunk.SRTP, trunk.SRTPKeys, trunk.ICE, trunk.Redundancy, trunk.ComfortNoise,
		}
	}
	return servers
}

// newMediaSessions opens the sockets of all browsers; those that come over TCP are taken from the listeners.
func newMediaSessions(config *configs.Config, addresses *nat.Addresses, overTCP []net.Listener, log *slog.Logger,
) (*mediaSessions, error) {
	m := &mediaSessions{
		config: config.Media, addresses: addresses, counters: &rtpmedia.Counters{}, servers: newServerMedia(config),
	}
	poller := udp.NewPoller()
	var err error
	if m.identity, err = dtlssrtp.NewIdentity(); err != nil {
		return nil, err
	}
	rtp, browsers := m.config.RTPPorts, m.config.WebRTCPorts
	if m.ports, err = rtpmedia.NewPortRange(rtp.First, rtp.Last, 0, poller); err != nil {
		return nil, fmt.Errorf("media.rtp_ports: %w", err)
	}
	options := webrtcmedia.EngineOptions{
		FirstPort: browsers.First, LastPort: browsers.Last,
		Listeners: overTCP, Advertised: addresses.Has, ICELite: m.config.ICELite, Poller: poller, Logger: log,
	}
	if relay := m.config.TURN; relay.Server != "" {
		if options.Relays, err = turn.NewClient(turn.ClientOptions{
			Server: relay.Server, Username: relay.Username, Password: relay.Password, Secret: relay.Secret,
		}); err != nil {
			return nil, fmt.Errorf("media.turn: %w", err)
		}
	}
	m.engine, err = webrtcmedia.New(options)
	if err != nil {
		return nil, fmt.Errorf("media.webrtc_ports: %w", err)
	}
	return m, nil
}

// open is the agent's MediaFactory.
func (m *mediaSessions) open(party sipua.MediaParty, events bridge.MediaEvents, log *slog.Logger,
) (sipua.MediaSession, error) {
	flow := party.Flow
	if transport.FromBrowser(flow) {
		return m.engine.NewSession(webrtcmedia.Options{
			Events: events, Timeout: m.config.Timeout, Logger: log, Signalling: flow.RemoteAddr().Addr().Unmap(),
			Advertise: m.addresses.ForBrowser(flow.RemoteAddr().Addr()),
		}), nil
	}
	phone := flow.RemoteAddr().Addr().Unmap()
	local, peer := mediaAddresses(flow, party.Offer)
	server := m.servers[strings.ToLower(party.Server)]
	options := rtpmedia.Options{
		Ports: m.ports, Bind: local, Advertise: m.addresses.For(local, peer), SignallingHost: flow.RemoteAddr().Addr(),
		Events: events, Timeout: m.config.Timeout, Counters: m.counters, Logger: log,
		Security: m.security(party), ICE: m.offersICE(party), FullICE: !m.config.ICELite,
		Streamed: flow.Transport() != "UDP", Redundancy: server.redundancy, Noise: server.noise,
	}
	options.Rebind = func(at netip.Addr) (rtpmedia.Place, bool) {
		source, ok := mediaSource(netip.AddrPortFrom(at, anyPort), phone)
		return rtpmedia.Place{Bind: source, Advertise: m.addresses.For(source, at)}, ok
	}
	return rtpmedia.New(options)
}

// offersICE tells whether a phone or server is offered ICE.
func (m *mediaSessions) offersICE(party sipua.MediaParty) bool {
	return m.config.ICE || party.WantsICE || m.servers[strings.ToLower(party.Server)].ice
}

// policyOf is what a word of the configuration, which has been checked, means.
func policyOf(word string) rtpmedia.Policy {
	switch word {
	case "required":
		return rtpmedia.Required
	case "optional":
		return rtpmedia.Optional
	default:
		return rtpmedia.Plain
	}
}

// security is how media of a phone or server are protected. We offer that where SDP is encrypted, or where a server
// is said to want it; required keys by DTLS everywhere, since who reads SDP does not learn them.
func (m *mediaSessions) security(party sipua.MediaParty) rtpmedia.Security {
	server := m.servers[strings.ToLower(party.Server)]
	made := rtpmedia.Security{
		Policy: policyOf(cmp.Or(server.srtp, m.config.SRTP)), Identity: m.identity,
		DTLS: cmp.Or(server.keys, m.config.SRTPKeys) == "dtls",
	}
	made.Offer = server.srtp != "" || party.Flow.Transport() == "TLS" || made.DTLS && made.Policy == rtpmedia.Required
	return made
}

// mediaAddresses are the addresses for RTP with a phone, ours and its own: those of its signalling, or, if the phone
// offers one of the other family, the address of this machine that reaches that: an answer has to be of the offer's
// family (RFC 6157).
func mediaAddresses(flow transport.Flow, offer []byte) (local, peer netip.Addr) {
	signalling, phone := flow.LocalAddr().Addr().Unmap(), flow.RemoteAddr().Addr().Unmap()
	party, ok := audioAddress(offer)
	if !ok || party.Addr().IsUnspecified() || party.Addr().Is4() == signalling.Is4() {
		return signalling, phone
	}
	source, ok := mediaSource(party, phone)
	if !ok {
		return signalling, phone
	}
	return source, party.Addr()
}

// anyPort is a port for asking the system how an address is reached.
const anyPort = 9

// mediaSource is the address of this machine that reaches that of a phone's media; false if there is none. Nobody is
// reached on loopback from elsewhere.
func mediaSource(media netip.AddrPort, phone netip.Addr) (netip.Addr, bool) {
	source := transport.SourceFor(media).Unmap()
	return source, source.IsValid() && source.IsLoopback() == phone.IsLoopback()
}

// audioAddress is where an offer wants its sound.
func audioAddress(offer []byte) (netip.AddrPort, bool) {
	session, err := sdp.Parse(offer)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for _, media := range session.Media {
		if media.Kind() == transcode.Audio && !media.Refused() {
			address, ok := media.RTPAddress()
			return netip.AddrPortFrom(address.Addr().Unmap(), address.Port()), ok
		}
	}
	return netip.AddrPort{}, false
}
