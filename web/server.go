package web

import (
	"crypto/tls"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Limits of every HTTP server. A WebSocket leaves them behind with its handshake.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = time.Minute
	maxHeaderBytes    = 16 << 10
)

// NewServer gives an HTTP/1.1 server that neither slow nor talkative clients can hold up. secure is
// nil for a server without TLS; with it, serve by ServeTLS with empty file names. A TLS handshake
// has the same 5 seconds as a request's header.
func NewServer(handler http.Handler, secure *tls.Config, logger *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(newErrorLog(logger), "", 0),
		Protocols:         new(http.Protocols),
	}
	// WebSocket needs HTTP/1.1, and nothing here gains by HTTP/2.
	server.Protocols.SetHTTP1(true)
	server.TLSConfig = secure
	return server
}

// errorLog passes on at most one line a second: what net/http complains about is what strangers do,
// such as a TLS handshake that they break off.
type errorLog struct {
	logger    *slog.Logger
	sometimes *rate.Sometimes
}

func newErrorLog(logger *slog.Logger) errorLog {
	return errorLog{logger: logger, sometimes: &rate.Sometimes{Interval: time.Second}}
}

// Write takes one line from the log package.
func (e errorLog) Write(line []byte) (int, error) {
	e.sometimes.Do(func() {
		e.logger.Warn("http", "error", strings.TrimSpace(string(line)))
	})
	return len(line), nil
}
