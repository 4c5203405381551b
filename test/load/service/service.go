// Package service runs the sipbridge that is to be measured, as a process of its own on free loopback ports.
package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sipbridge/test/load/measure"
	"sipbridge/test/load/program"
)

// Addresses are where a service listens, all on loopback.
type Addresses struct {
	// Web and SIP are host:port; SIP is for UDP and TCP.
	Web, SIP string
	// WebRTC is the UDP port of browsers' media.
	WebRTC int
}

// Service is a running sipbridge.
type Service struct {
	measure.Process
	Addresses

	dir     string
	running *program.Program
}

var errService = errors.New("the service is not as it should be")

// Start starts the binary with what configure says of its addresses, and waits until it is ready. It must be stopped.
func Start(ctx context.Context, binary string, configure func(Addresses) map[string]any) (*Service, error) {
	dir, err := os.MkdirTemp("", "sipbridge-load-")
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	s := &Service{dir: dir}
	if err := s.start(ctx, binary, configure); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Service) start(ctx context.Context, binary string, configure func(Addresses) map[string]any) error {
	ports, err := FreePorts(ctx, 3)
	if err != nil {
		return err
	}
	s.Addresses = Addresses{
		Web: fmt.Sprintf("127.0.0.1:%d", ports[0]), SIP: fmt.Sprintf("127.0.0.1:%d", ports[1]), WebRTC: ports[2],
	}
	// YAML is a superset of JSON.
	text, err := json.MarshalIndent(configure(s.Addresses), "", "  ")
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	file := filepath.Join(s.dir, "sipbridge.yaml")
	if err = os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	//nolint:contextcheck // the service outlives ctx, so that it can be told to end
	s.running, err = program.Start(binary, "serve", "--config", file)
	if err != nil {
		return fmt.Errorf("%w (make build makes it)", err)
	}
	s.Process = measure.ProcessOf(s.running.PID())
	return s.awaitReady(ctx)
}

func (s *Service) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if s.ready(ctx) {
			return nil
		}
		select {
		case <-s.running.Gone():
			return fmt.Errorf("%w: it ended at once", errService)
		case <-ctx.Done():
			return fmt.Errorf("%w: it does not get ready: %w", errService, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Service) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Web+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // only the status counts
	return response.StatusCode == http.StatusOK
}

// Address is where browsers connect, as host:port.
func (s *Service) Address() string { return s.Web }

// Logged is how many bytes the service has printed.
func (s *Service) Logged() int64 { return s.running.Written() }

// Stop ends the service and says if it did not end well.
func (s *Service) Stop() error {
	defer func() { _ = os.RemoveAll(s.dir) }() // the system's own folder for such things
	if s.running == nil {
		return nil
	}
	const patience = 10 * time.Second
	return s.running.Stop(patience)
}
