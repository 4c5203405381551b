// Package pages serves the built test pages at an http://localhost origin, where a page may use the microphone.
package pages

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// Server serves the pages until it is closed.
type Server struct {
	// Origin of the pages, such as http://localhost:40123.
	Origin string

	server *http.Server
	gone   chan struct{}
}

// Serve serves the dist folder of the e2e directory.
func Serve(dir string) (*Server, error) {
	dist := filepath.Join(dir, "dist")
	if _, err := os.Stat(filepath.Join(dist, "jssip.html")); err != nil {
		return nil, fmt.Errorf("%w: the built pages; run npm ci and npm run build in test/e2e", process.ErrMissing)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve pages: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("serve pages: %w", err)
	}
	s := &Server{
		Origin: "http://localhost:" + port,
		server: &http.Server{Handler: http.FileServer(http.Dir(dist)), ReadHeaderTimeout: 5 * time.Second},
		gone:   make(chan struct{}),
	}
	go func() {
		defer close(s.gone)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(fmt.Sprintf("serve pages: %v", err))
		}
	}()
	return s, nil
}

// URL of the page of a library: loop, jssip, sipjs, sipml5 or videoio; a query may follow.
func (s *Server) URL(page string) string {
	name, query, hasQuery := strings.Cut(page, "?")
	if hasQuery {
		query = "?" + query
	}
	return s.Origin + "/" + name + ".html" + query
}

// Close stops serving and waits.
func (s *Server) Close() {
	_ = s.server.Close() // nothing to lose
	<-s.gone
}
