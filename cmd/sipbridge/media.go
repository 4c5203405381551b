package main

import (
	"fmt"
	"log/slog"
	"net/netip"

	"sipbridge/bridge"
	"sipbridge/bridge/rtpmedia"
	"sipbridge/bridge/udp"
	"sipbridge/bridge/webrtcmedia"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/transport"
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
func (m *mediaSessions) open(flow transport.Flow, events bridge.MediaEvents, log *slog.Logger,
) (sipua.MediaSession, error) {
	if transport.FromBrowser(flow) {
		return m.engine.NewSession(webrtcmedia.Options{Events: events, Timeout: m.config.Timeout, Logger: log}), nil
	}
	local := flow.LocalAddr().Addr()
	options := rtpmedia.Options{
		Ports: m.ports, Bind: local, SignallingHost: flow.RemoteAddr().Addr(),
		Events: events, Timeout: m.config.Timeout, Counters: m.counters, Logger: log,
	}
	if m.advertise.Is4() == local.Is4() && m.advertise.IsValid() && !local.IsLoopback() {
		options.Advertise = m.advertise
	}
	return rtpmedia.New(options)
}
