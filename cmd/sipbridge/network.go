package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/transport"
	"sipbridge/web"
)

// sipTransports are the open sockets for SIP toward phones and servers.
type sipTransports struct {
	layer *transport.Layer
	udp   []*transport.UDP
	tcp   []*transport.TCP
}

// openTransports opens one socket for each address, so that requests leave from where we listen. The agent
// may be set later, but before the layer runs.
func openTransports(ctx context.Context, listeners configs.Listeners, perSecond int, agent func() *sipua.Agent,
	log *slog.Logger,
) (*sipTransports, error) {
	receive := func(flow transport.Flow, message []byte) { agent().Receive(flow, message) }
	t := &sipTransports{}
	for _, address := range listeners.SIPUDP {
		socket, err := transport.ListenUDP(address.String(), transport.UDPOptions{
			Receive: receive, Rate: float64(perSecond), Logger: log,
		})
		if err != nil {
			return nil, fmt.Errorf("listen.sip_udp: %w", err)
		}
		t.udp = append(t.udp, socket)
	}
	for _, address := range listeners.SIPTCP {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address.String())
		if err != nil {
			return nil, fmt.Errorf("listen.sip_tcp: %w", err)
		}
		t.tcp = append(t.tcp, transport.NewTCP(listener, transport.TCPOptions{
			Receive: receive, Closed: func(flow transport.Flow) { agent().FlowClosed(flow) },
			Rate: float64(perSecond), Logger: log,
		}))
	}
	t.layer = transport.NewLayer(t.udp, t.tcp)
	return t, nil
}

// listenTCP opens a socket for each address of a key.
func listenTCP(ctx context.Context, key string, addresses []netip.AddrPort) (sockets []net.Listener, err error) {
	for _, address := range addresses {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address.String())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		sockets = append(sockets, listener)
	}
	return sockets, nil
}

// webServer is one HTTP server with its sockets.
type webServer struct {
	server    *http.Server
	listeners []net.Listener
	secure    bool
}

func openWeb(ctx context.Context, key string, addresses []netip.AddrPort, handler http.Handler,
	certificates web.CertificateSource, log *slog.Logger,
) (*webServer, error) {
	w := &webServer{server: web.NewServer(handler, certificates, log), secure: certificates != nil}
	var err error
	w.listeners, err = listenTCP(ctx, key, addresses)
	return w, err
}

// serve serves one of the server's sockets until the server is closed.
func (w *webServer) serve(listener net.Listener) error {
	var err error
	if w.secure {
		err = w.server.ServeTLS(listener, "", "")
	} else {
		err = w.server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", listener.Addr(), err)
}
