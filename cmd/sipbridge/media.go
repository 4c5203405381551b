package main

import (
	"fmt"
	"log/slog"
	"net/netip"

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
}

func newMediaSessions(config configs.Media, log *slog.Logger) (*mediaSessions, error) {
	m := &mediaSessions{config: config, counters: &rtpmedia.Counters{}}
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
func (m *mediaSessions) open(flow transport.Flow, offer []byte, events bridge.MediaEvents, log *slog.Logger,
) (sipua.MediaSession, error) {
	if transport.FromBrowser(flow) {
		return m.engine.NewSession(webrtcmedia.Options{Events: events, Timeout: m.config.Timeout, Logger: log}), nil
	}
	local := mediaAddress(flow, offer)
	options := rtpmedia.Options{
		Ports: m.ports, Bind: local, SignallingHost: flow.RemoteAddr().Addr(),
		Events: events, Timeout: m.config.Timeout, Counters: m.counters, Logger: log,
	}
	if m.advertise.Is4() == local.Is4() && m.advertise.IsValid() && !local.IsLoopback() {
		options.Advertise = m.advertise
	}
	return rtpmedia.New(options)
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
