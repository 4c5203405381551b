package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"sipbridge/configs"
	"sipbridge/signaling/ws"
	"sipbridge/sipua"
	"sipbridge/sipua/transport"
)

// sipTransports are the open sockets for SIP toward phones and servers.
type sipTransports struct {
	layer *transport.Layer
	udp   []*transport.UDP
	tcp   []*transport.TCP
	tls   []*transport.TCP
	ws    *ws.Client // toward servers; browsers come to the web server
}

// sipPlug is what all SIP transports are plugged into.
type sipPlug struct {
	// agent may be set later, but before the layer runs.
	agent func() *sipua.Agent
	// rate is how many messages a second one source may send.
	rate float64
	// secure is TLS of listen.sip_tls, and client that of WebSockets to servers.
	secure *transport.TLS
	client *tls.Config
	// advertised says where peers reach the sockets.
	advertised transport.Advertiser
	// paths are where servers take SIP over WebSocket.
	paths map[string]string
	log   *slog.Logger
}

func (p sipPlug) receive(flow transport.Flow, message []byte) { p.agent().Receive(flow, message) }

func (p sipPlug) closed(flow transport.Flow) { p.agent().FlowClosed(flow) }

func (p sipPlug) undelivered(flow transport.Flow, quoted []byte) { p.agent().Undelivered(flow, quoted) }

// openTransports opens one socket for each address, so that requests leave from where we listen.
func openTransports(ctx context.Context, listeners configs.Listeners, plug sipPlug) (*sipTransports, error) {
	t := &sipTransports{}
	for _, address := range listeners.SIPUDP {
		socket, err := transport.ListenUDP(address.String(), transport.UDPOptions{
			Receive: plug.receive, Undelivered: plug.undelivered, Advertised: plug.advertised, Rate: plug.rate, Logger: plug.log,
		})
		if err != nil {
			return nil, fmt.Errorf("listen.sip_udp: %w", err)
		}
		t.udp = append(t.udp, socket)
	}
	var err error
	if t.tcp, err = plug.listen(ctx, "listen.sip_tcp", listeners.SIPTCP, nil); err != nil {
		return nil, err
	}
	if t.tls, err = plug.listen(ctx, "listen.sip_tls", listeners.SIPTLS, plug.secure); err != nil {
		return nil, err
	}
	t.ws = ws.NewClient(ws.Options{
		//nolint:contextcheck // what a message starts outlives the opening
		Receive: func(conn *ws.Conn, message []byte) { plug.receive(conn, message) },
		Closed:  func(conn *ws.Conn) { plug.closed(conn) },
		Rate:    plug.rate, Burst: 2 * int(plug.rate), Logger: plug.log,
	}, plug.client, plug.paths)
	t.layer = transport.NewLayer(t.udp, slices.Concat(t.tcp, t.tls), t.ws)
	return t, nil
}

// words are the transports that servers can be reached by, in the order of preference where a server leaves it open.
func (t *sipTransports) words() []string {
	var words []string
	if len(t.udp) > 0 {
		words = append(words, "UDP")
	}
	if len(t.tcp) > 0 {
		words = append(words, "TCP")
	}
	if len(t.tls) > 0 {
		words = append(words, "TLS")
	}
	return append(words, "WSS", "WS")
}

// listen opens a listener for each address of a key.
func (p sipPlug) listen(ctx context.Context, key string, addresses []netip.AddrPort, secure *transport.TLS,
) ([]*transport.TCP, error) {
	sockets, err := listenTCP(ctx, key, addresses)
	if err != nil {
		return nil, err
	}
	var opened []*transport.TCP
	for _, socket := range sockets {
		opened = append(opened, transport.NewTCP(socket, transport.TCPOptions{
			Receive: p.receive, Closed: p.closed, Advertised: p.advertised, TLS: secure, Rate: p.rate, Logger: p.log,
		}))
	}
	return opened, nil
}
