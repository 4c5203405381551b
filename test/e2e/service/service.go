// Package service runs bin/sipbridge with a configuration of its own on free loopback ports.
package service

import (
	"bufio"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// Options says how the service is configured, beyond its ports.
type Options struct {
	// Binary is the path of bin/sipbridge.
	Binary string
	// Origins of the pages that may connect.
	Origins []string
	// Users by name, with their passwords, in the domain localhost.
	Users map[string]string
	// NextHops of upstream domains, as host:port by domain, with commas between several.
	NextHops map[string]string
	// WebSocketPath is that of those domains; empty for the usual one.
	WebSocketPath string
	// BreakerLogin lets the hashes that sipML5 sends along answer the challenges of those domains.
	BreakerLogin bool
	// Trunks are entries of trunks.
	Trunks []map[string]any
	// Routes come before the usual ones.
	Routes []map[string]any
	// Announcements are what callers hear whose calls fail.
	Announcements []map[string]any
	// Settings are laid over the rest: section to key to value, such as "call" to "ring" to "5s".
	Settings map[string]map[string]any
	// Hashed writes the users' ha1 into the configuration, not their passwords.
	Hashed bool
	// IPv6 lets SIP over UDP, TCP and TLS listen on [::1], too, at the same ports.
	IPv6 bool
	// TLS, if set, are the files of the certificate for SIP over TLS and https.
	TLS *Certificate
	// Demo starts the service as a newcomer does, without a file: only its ports are set, by environment.
	Demo bool
	// Dir takes the configuration; it must be the service's own.
	Dir string
}

// Certificate names PEM files.
type Certificate struct {
	// Cert and Key are our own.
	Cert, Key string
	// Authority signs the certificates of the servers that we believe.
	Authority string
}

// Service is a running sipbridge.
type Service struct {
	// WS is the URL for SIP over WebSocket.
	WS string
	// SIP is host:port for UDP and TCP.
	SIP string
	// SIPS is host:port for TLS.
	SIPS string
	// SIP6 is SIP on [::1].
	SIP6 string
	// HTTP is the URL of the web side, without a slash at its end.
	HTTP string

	program process.Options
	process *process.Process
	earlier string // the log of the processes before this one
	rtp     *rtpPorts
}

// ErrService says that the service did not do as it should.
var ErrService = errors.New("sipbridge")

// Start starts the service and waits until it is ready.
func Start(options Options) (*Service, error) {
	if _, err := os.Stat(options.Binary); err != nil {
		return nil, fmt.Errorf("%w: the binary under test; run make build first (%w)", process.ErrMissing, err)
	}
	sip, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	web, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	webrtc, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	rtp, err := holdPorts()
	if err != nil {
		return nil, err
	}
	arguments, environment, err := configure(options, sip, web, webrtc, rtp)
	if err != nil {
		rtp.Close()
		return nil, err
	}
	s := &Service{
		WS:   fmt.Sprintf("ws://127.0.0.1:%d/ws", web),
		SIP:  fmt.Sprintf("127.0.0.1:%d", sip),
		SIPS: fmt.Sprintf("127.0.0.1:%d", sip+1),
		SIP6: fmt.Sprintf("[::1]:%d", sip),
		HTTP: fmt.Sprintf("http://127.0.0.1:%d", web), rtp: rtp,
		program: process.Options{
			Tool: options.Binary, Package: "nothing: run make build", Args: arguments, Env: environment,
		},
	}
	if err = s.Restart(); err != nil {
		rtp.Close()
		return nil, err
	}
	return s, nil
}

// configure gives the service's arguments and environment, and writes its file if it is to have one.
func configure(
	options Options, sip, web, webrtc int, rtp *rtpPorts,
) (arguments, environment []string, err error) {
	whole := configuration(options, sip, web, webrtc, rtp)
	if options.Demo {
		for _, section := range []string{"listen", "media"} {
			settings, _ := whole[section].(map[string]any)
			for key, value := range settings {
				name := strings.ToUpper("SIPBRIDGE_" + section + "_" + key)
				environment = append(environment, fmt.Sprintf("%s=%v", name, value))
			}
		}
		return []string{"serve"}, environment, nil
	}
	// YAML is a superset of JSON.
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	name := filepath.Join(options.Dir, "sipbridge.yaml")
	if err = os.WriteFile(name, text, 0o600); err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	return []string{"serve", "--config", name}, nil, nil
}

func configuration(options Options, sip, web, webrtc int, rtp *rtpPorts) map[string]any {
	sipAddress, tlsAddress := fmt.Sprintf("127.0.0.1:%d", sip), fmt.Sprintf("127.0.0.1:%d", sip+1)
	if options.IPv6 {
		sipAddress, tlsAddress = fmt.Sprintf("%s, [::1]:%d", sipAddress, sip), fmt.Sprintf("%s, [::1]:%d", tlsAddress, sip+1)
	}
	all := map[string]map[string]any{
		"listen":    {"http": fmt.Sprintf("127.0.0.1:%d", web), "sip_udp": sipAddress, "sip_tcp": sipAddress},
		"media":     {"rtp_ports": rtp.String(), "webrtc_ports": strconv.Itoa(webrtc)},
		"websocket": {"origins": options.Origins, "rate": 100},
		"log":       {"level": "debug"},
		"call":      {},
		"dialing":   {},
	}
	if own := options.TLS; own != nil {
		all["listen"]["sip_tls"] = tlsAddress
		all["tls"] = map[string]any{"cert": own.Cert, "key": own.Key, "ca": own.Authority}
	}
	for section, settings := range options.Settings {
		if all[section] == nil {
			all[section] = map[string]any{}
		}
		maps.Copy(all[section], settings)
	}
	domains := []map[string]any{{"name": "localhost"}}
	for domain, hop := range options.NextHops {
		hops := strings.Split("sip:"+strings.ReplaceAll(hop, ",", ",sip:"), ",")
		entry := map[string]any{"name": domain, "next_hop": hops, "breaker_login": options.BreakerLogin}
		if strings.Contains(hop, "transport=ws") {
			entry["websocket_path"] = options.WebSocketPath
		}
		domains = append(domains, entry)
	}
	users := []map[string]string{}
	for name, password := range options.Users {
		entry := map[string]string{"name": name, "password": password}
		if options.Hashed {
			hash := md5.Sum([]byte(name + ":localhost:" + password))
			entry = map[string]string{"name": name, "ha1": hex.EncodeToString(hash[:])}
		}
		users = append(users, entry)
	}
	rules := append(slices.Clone(options.Routes), routes()...)
	trunks := append([]map[string]any{}, options.Trunks...)
	whole := map[string]any{
		"domains": domains, "users": users, "routes": rules, "trunks": trunks,
		"announcements": append([]map[string]any{}, options.Announcements...),
	}
	for section, settings := range all {
		whole[section] = settings
	}
	return whole
}

// routes are the default ones and some more: udp15080 and tcp15080 are phones on that port of loopback, udp6x15080 is
// one on [::1].
func routes() []map[string]any {
	return []map[string]any{
		{"from": "any", "match": `^sips?:(echo|tone|dtmf)@localhost`, "to": "builtin:$1"},
		{"from": "users", "match": `^sips?:udp(\d+)@localhost`, "to": "sip:phone@127.0.0.1:$1;transport=udp"},
		{"from": "users", "match": `^sips?:tcp(\d+)@localhost`, "to": "sip:phone@127.0.0.1:$1;transport=tcp"},
		{"from": "users", "match": `^sips?:tls(\d+)@localhost`, "to": "sip:phone@127.0.0.1:$1;transport=tls"},
		{"from": "users", "match": `^sips?:udp6x(\d+)@localhost`, "to": "sip:phone@[::1]:$1;transport=udp"},
		{"from": "any", "match": `^sips?:([^@]+)@(localhost|127\.0\.0\.1|\[::1\])`, "to": "user:$1"},
	}
}

const readyLimit = 20 * time.Second

func (s *Service) awaitReady() error {
	deadline := time.Now().Add(readyLimit)
	for {
		status, _, err := s.Get("/readyz")
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-s.process.Gone():
			return fmt.Errorf("%w: ended at once\n%s", ErrService, s.Report())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: not ready after %v: status %d, %w\n%s", ErrService, readyLimit, status, err, s.Report())
		}
	}
}

// Get fetches a path of the web side.
func (s *Service) Get(path string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP+path, http.NoBody)
	if err != nil {
		return 0, "", fmt.Errorf("get %s: %w", path, err)
	}
	// A connection of its own each time, or the leak checks would count the idle one.
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("get %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return 0, "", fmt.Errorf("get %s: %w", path, err)
	}
	return response.StatusCode, string(content), nil
}

// Metrics reads /metrics: the value of each series, by its name with labels as printed.
func (s *Service) Metrics() (map[string]float64, error) {
	_, body, err := s.Get("/metrics")
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if value, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			values[line[:at]] = value
		}
	}
	return values, nil
}

// Usage is what calls may leave behind.
type Usage struct {
	Goroutines int
	Files      int
	UDPSockets int
	// Held is the sum of the gauges of what a call has: itself, dialogs, transactions, sessions, ports.
	Held int
}

// Within tells whether nothing is more than in the other.
func (u Usage) Within(other Usage) bool {
	return u.Goroutines <= other.Goroutines && u.Files <= other.Files && u.UDPSockets <= other.UDPSockets &&
		u.Held <= other.Held
}

// Usage counts goroutines by /metrics, and open files and bound UDP sockets by /proc.
func (s *Service) Usage() (Usage, error) {
	metrics, err := s.Metrics()
	if err != nil {
		return Usage{}, err
	}
	pid := s.process.PID()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return Usage{}, fmt.Errorf("open files: %w", err)
	}
	usage := Usage{Goroutines: int(metrics["go_goroutines"]), Files: len(files), UDPSockets: udpSockets(files)}
	for _, gauge := range []string{
		"calls_active", "rtp_port_pairs_in_use", "sip_dialogs", "sip_client_transactions", "sip_server_transactions",
		"webrtc_sessions",
	} {
		value, found := metrics["sipbridge_"+gauge]
		if !found {
			return Usage{}, fmt.Errorf("%w: /metrics has no sipbridge_%s", ErrService, gauge)
		}
		usage.Held += int(value)
	}
	return usage, nil
}

// udpSockets counts the descriptors that are UDP sockets.
func udpSockets(files []string) int {
	var table strings.Builder
	for _, name := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		content, err := os.ReadFile(name)
		if err == nil {
			table.Write(content)
		}
	}
	count := 0
	for _, file := range files {
		target, err := os.Readlink(file)
		if err != nil {
			continue // closed meanwhile
		}
		inode, isSocket := strings.CutPrefix(target, "socket:[")
		if isSocket && strings.Contains(table.String(), " "+strings.TrimSuffix(inode, "]")+" ") {
			count++
		}
	}
	return count
}
