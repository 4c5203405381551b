package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"sipbridge/bridge"
	"sipbridge/bridge/rtpmedia"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/udp"
	"sipbridge/bridge/webrtcmedia"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/transport"
	"sipbridge/transcode"
)

// mediaSessions makes the media of each leg: WebRTC for whoever comes over WebSocket, plain RTP for all others.
type mediaSessions struct {
	config    configs.Media
	engine    *webrtcmedia.Engine
	ports     *rtpmedia.PortRange
	counters  *rtpmedia.Counters
	advertise netip.Addr
	// policies are how media of trunks are protected, by name, of those that say so themselves.
	policies map[string]rtpmedia.Policy
}

func newMediaSessions(config configs.Media, trunks []configs.Trunk, log *slog.Logger) (*mediaSessions, error) {
	m := &mediaSessions{config: config, counters: &rtpmedia.Counters{}, policies: make(map[string]rtpmedia.Policy)}
	for _, trunk := range trunks {
		if trunk.SRTP != "" {
			m.policies[strings.ToLower(trunk.Name)] = policyOf(trunk.SRTP)
		}
	}
	poller := udp.NewPoller()
	var err error
	if config.Advertise != "" {
		if m.advertise, err = netip.ParseAddr(config.Advertise); err != nil {
			return nil, fmt.Errorf("media.advertise: %w", err)
		}
	}
	if m.ports, err = rtpmedia.NewPortRange(config.RTPPorts.First, config.RTPPorts.Last, 0, poller); err != nil {
		return nil, fmt.Errorf("media.rtp_ports: %w", err)
	}
	m.engine, err = webrtcmedia.New(webrtcmedia.EngineOptions{
		FirstPort: config.WebRTCPorts.First, LastPort: config.WebRTCPorts.Last,
		Advertise: m.advertise, ICELite: config.ICELite, Poller: poller, Logger: log,
	})
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
		return m.engine.NewSession(webrtcmedia.Options{Events: events, Timeout: m.config.Timeout, Logger: log}), nil
	}
	local := mediaAddress(flow, party.Offer)
	options := rtpmedia.Options{
		Ports: m.ports, Bind: local, SignallingHost: flow.RemoteAddr().Addr(),
		Events: events, Timeout: m.config.Timeout, Counters: m.counters, Logger: log,
		Security: m.security(party),
	}
	if m.advertise.Is4() == local.Is4() && m.advertise.IsValid() && !local.IsLoopback() {
		options.Advertise = m.advertise
	}
	return rtpmedia.New(options)
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

// security is how media of a phone or trunk are protected. We put keys into SDP where it is encrypted, or where a trunk
// is said to want them.
func (m *mediaSessions) security(party sipua.MediaParty) rtpmedia.Security {
	if policy, ok := m.policies[party.Trunk]; ok {
		return rtpmedia.Security{Policy: policy, Offer: true}
	}
	return rtpmedia.Security{Policy: policyOf(m.config.SRTP), Offer: party.Flow.Transport() == "TLS"}
}

// mediaAddress is the address for RTP with a phone: that of its signalling, or, if the phone offers one of the other
// family, the address of this machine that reaches it: an answer has to be of the offer's family (RFC 6157).
// Nobody is reached on loopback from elsewhere.
func mediaAddress(flow transport.Flow, offer []byte) netip.Addr {
	signalling := flow.LocalAddr().Addr().Unmap()
	party, ok := audioAddress(offer)
	if !ok || party.Addr().IsUnspecified() || party.Addr().Is4() == signalling.Is4() {
		return signalling
	}
	source := transport.SourceFor(party)
	if !source.IsValid() || source.IsLoopback() != flow.RemoteAddr().Addr().Unmap().IsLoopback() {
		return signalling
	}
	return source
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
