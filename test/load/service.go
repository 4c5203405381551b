package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sipbridge/test/load/measure"
)

// The accounts of the browsers, load0 and so on.
const (
	domain       = "localhost"
	userPrefix   = "load"
	calledPrefix = "call"
	password     = "only on loopback"
)

// service is a running sipbridge, and where it listens.
type service struct {
	measure.Process

	web     string // host:port
	dir     string
	running *child
}

var errService = errors.New("the service is not as it should be")

// startService starts the binary, routes every call to the phone, and waits until it is ready.
func startService(ctx context.Context, o options, phone netip.AddrPort) (*service, error) {
	dir, err := os.MkdirTemp("", "sipbridge-load-")
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	s := &service{dir: dir}
	if err := s.start(ctx, o, phone); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *service) start(ctx context.Context, o options, phone netip.AddrPort) error {
	ports, err := freePorts(ctx, 3)
	if err != nil {
		return err
	}
	s.web = fmt.Sprintf("127.0.0.1:%d", ports[0])
	// YAML is a superset of JSON.
	text, err := json.MarshalIndent(configuration(o, s.web, ports[1], ports[2], phone), "", "  ")
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	file := filepath.Join(s.dir, "sipbridge.yaml")
	if err = os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	//nolint:contextcheck // the service outlives ctx, so that it can be told to end
	s.running, err = startChild(o.binary, "serve", "--config", file)
	if err != nil {
		return fmt.Errorf("%w (make build makes it)", err)
	}
	s.Process = measure.ProcessOf(s.running.pid())
	return s.awaitReady(ctx)
}

func configuration(o options, web string, sip, webrtc int, phone netip.AddrPort) map[string]any {
	sipAddress := fmt.Sprintf("127.0.0.1:%d", sip)
	users := make([]map[string]string, o.calls)
	for i := range users {
		users[i] = map[string]string{"name": userPrefix + strconv.Itoa(i), "password": password}
	}
	return map[string]any{
		"domains": []map[string]string{{"name": domain}},
		"listen":  map[string]string{"http": web, "sip_udp": sipAddress, "sip_tcp": sipAddress},
		"media": map[string]string{
			"rtp_ports":    rtpPorts(o.calls),
			"webrtc_ports": strconv.Itoa(webrtc),
		},
		"users": users,
		"routes": []map[string]string{{
			"from": "users", "match": `^sip:(` + calledPrefix + `\d+)@` + domain,
			"to": "sip:$1@" + phone.String() + ";transport=udp",
		}},
	}
}

func (s *service) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if s.ready(ctx) {
			return nil
		}
		select {
		case <-s.running.gone:
			return fmt.Errorf("%w: it ended at once", errService)
		case <-ctx.Done():
			return fmt.Errorf("%w: it does not get ready: %w", errService, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *service) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.web+"/readyz", http.NoBody)
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

// stop ends the service and says if it did not end well.
func (s *service) stop() error {
	defer func() { _ = os.RemoveAll(s.dir) }() // the system's own folder for such things
	if s.running == nil {
		return nil
	}
	const patience = 10 * time.Second
	return s.running.stop(patience)
}
