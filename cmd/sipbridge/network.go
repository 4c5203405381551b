package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"sipbridge/web"
)

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
	secure *tls.Config, log *slog.Logger,
) (*webServer, error) {
	w := &webServer{server: web.NewServer(handler, secure, log), secure: secure != nil}
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
