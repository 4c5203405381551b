package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"sipbridge/bridge/turn"
	"sipbridge/configs"
	"sipbridge/sipua/transport"
	"sipbridge/web/admin"
	"sipbridge/web/clicktocall"
)

// addRelay opens the relay for browsers, if it is to listen anywhere.
func (s *service) addRelay(ctx context.Context) error {
	if len(s.listeners.TURN) == 0 && len(s.listeners.TURNTLS) == 0 {
		return nil
	}
	options := turn.Options{
		Certificates: s.certificates.server(configs.ListenerTURNTLS), Realm: s.config.Domains[0].Name,
		Secret: cmp.Or(s.config.TURN.Secret, rand.Text()), Media: s.media.engine, PerUser: s.config.TURN.PerUser,
		Guest: s.isGuest,
	}
	for _, address := range s.listeners.TURN {
		socket, err := new(net.ListenConfig).ListenPacket(ctx, "udp", address.String())
		if err != nil {
			return fmt.Errorf("listen.turn: %w", err)
		}
		options.UDP = append(options.UDP, socket)
	}
	var err error
	if options.TCP, err = listenTCP(ctx, "listen.turn", s.listeners.TURN); err != nil {
		return err
	}
	if options.TLS, err = listenTCP(ctx, "listen.turn_tls", s.listeners.TURNTLS); err != nil {
		return err
	}
	s.relay, err = turn.New(options)
	return err
}

// iceServer is an RTCIceServer, as browsers take it.
type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// iceServers tells a browser of the relay; it is the agent's ICEServers.
func (s *service) iceServers(flow transport.Flow, user string) string {
	if s.relay == nil {
		return ""
	}
	return string(s.relayFor(flow.LocalAddr().Addr(), flow.RemoteAddr().Addr(), s.relay.Credentials(user)))
}

// guestICEServers tells a guest of click-to-call of it, as long as he may call.
func (s *service) guestICEServers(local, peer netip.Addr, guest clicktocall.Guest) json.RawMessage {
	if s.relay == nil || !local.IsValid() {
		return nil
	}
	return s.relayFor(local, peer, s.relay.CredentialsUntil(guest.User, guest.Until))
}

// relayFor is the relay as browsers take it that reached us at the address local from that of peer.
func (s *service) relayFor(local, peer netip.Addr, credentials turn.Credentials) json.RawMessage {
	host := cmp.Or(s.config.TURN.Host, s.relayAddress(local, peer).String())
	text, err := json.Marshal([]iceServer{{
		URLs:     relayURLs(s.listeners, host),
		Username: credentials.Username, Credential: credentials.Password,
	}})
	if err != nil {
		return nil
	}
	return text
}

// relayAddress is where a browser reaches us, by the family that it came with if it can.
func (s *service) relayAddress(local, peer netip.Addr) netip.Addr {
	if told := s.addresses.For(local, peer); told.IsValid() {
		return told
	}
	if told := s.addresses.ForBrowser(peer); peer.IsLoopback() && len(told) > 0 {
		return told[0] // it came through a proxy on this machine
	}
	return local.Unmap()
}

// relayURLs name the relay in the order in which it costs least (RFC 7065).
func relayURLs(listeners configs.Listeners, host string) []string {
	var urls []string
	add := func(scheme, protocol string, at []netip.AddrPort) {
		if len(at) > 0 {
			port := strconv.Itoa(int(at[0].Port()))
			urls = append(urls, scheme+":"+net.JoinHostPort(host, port)+"?transport="+protocol)
		}
	}
	add("turn", "udp", listeners.TURN)
	add("turn", "tcp", listeners.TURN)
	add("turns", "tcp", listeners.TURNTLS)
	return urls
}

// closeRelay ends it, if there is one.
func (s *service) closeRelay() error {
	if s.relay == nil {
		return nil
	}
	return s.relay.Close()
}

func (s *service) relayMetrics() []admin.Sample {
	if s.relay == nil {
		return nil
	}
	stats := s.relay.Stats()
	return []admin.Sample{
		gauge("turn_relays", "Relays of browsers now.", float64(stats.Relays)),
		counter("turn_refused_total", "Relays and connections refused: bad credentials, or too many.", stats.Refused),
		counter("turn_strays_total", "Peers and packets that a relay does not reach.", stats.Strays),
	}
}
