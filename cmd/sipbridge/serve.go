package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"

	"sipbridge/configs"
	"sipbridge/web"
	"sipbridge/web/admin"
)

// serve runs the service until the context ends.
func serve(ctx context.Context, config *configs.Config, stdout io.Writer) error {
	logger := slog.New(slog.NewTextHandler(stdout, nil))
	phone, err := web.EmbeddedPhone()
	if err != nil {
		return err
	}
	health := admin.New(admin.Options{Version: version, Ready: func() bool { return ctx.Err() == nil }, Logger: logger})
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler(web.Options{Phone: phone, Domain: config.Domains[0].Name}))
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, health)
	}
	server := web.NewServer(mux, nil, logger)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen.HTTP)
	if err != nil {
		return err
	}
	say(stdout, "web phone: http://%s/\n", listener.Addr())
	stopped := context.AfterFunc(ctx, func() {
		if err := server.Close(); err != nil {
			logger.Error("closing", "error", err)
		}
	})
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
