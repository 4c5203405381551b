// Package dnsmasq runs Debian's dnsmasq as a DNS server that knows only what it is told.
package dnsmasq

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// Options says what the server knows.
type Options struct {
	// Records are lines of its configuration, such as "host-record=a.test,127.0.0.1",
	// "srv-host=_sip._udp.a.test,b.test,5060,10,50" or "naptr-record=a.test,10,10,s,SIP+D2U,,_sip._udp.a.test".
	Records []string
	// Dir takes its files; it must be the server's own.
	Dir string
}

// Server is a running dnsmasq.
type Server struct {
	// Address is host:port.
	Address string

	process *process.Process
}

// timeToLive of all answers, in seconds.
const timeToLive = 1

// Start starts the server and waits until it serves; the caller must Stop it.
func Start(options Options) (*Server, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	lines := append([]string{
		"no-resolv", "no-hosts", "no-daemon", "listen-address=127.0.0.1", "bind-interfaces", "local=/test/",
		fmt.Sprint("port=", port), fmt.Sprint("local-ttl=", timeToLive), "pid-file=", "user=root",
	}, options.Records...)
	name := filepath.Join(options.Dir, "dnsmasq.conf")
	if err = os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("dnsmasq's configuration: %w", err)
	}
	running, err := process.Start(process.Options{
		Tool: "dnsmasq", Package: "dnsmasq-base", Dir: options.Dir, Args: []string{"--conf-file=" + name, "--log-facility=-"},
	})
	if err != nil {
		return nil, err
	}
	s := &Server{Address: fmt.Sprintf("127.0.0.1:%d", port), process: running}
	if err = running.WaitOutput("started, version", 20*time.Second); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Report is the server's log.
func (s *Server) Report() string { return s.process.Output() }

// Stop ends the server and waits.
func (s *Server) Stop() { s.process.Stop(2 * time.Second) }
