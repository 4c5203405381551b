// Package coturn runs Debian's coturn, a STUN and TURN server that is not ours.
package coturn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"sipbridge/test/e2e/process"
)

// The account and the realm of all servers.
const (
	User     = "us"
	Password = "correct horse"
	Realm    = "relays.test"
)

// Options says how a server is to be.
type Options struct {
	// Secret makes passwords (REST API), in place of the account; empty for the account.
	Secret string
	// PerUser is how many relays it gives; 0 for no limit.
	PerUser int
	// RelaysOnly lets relays reach nothing but each other.
	RelaysOnly bool
	// Hasty lets nonces and relays end after a second or two.
	Hasty bool
	// Dir takes its files; it must be the server's own.
	Dir string
}

// Server is a running coturn on an address of its own, 127.0.0.2, where its relays are, too.
type Server struct {
	// Address is for STUN, and for TURN over UDP and TCP.
	Address netip.AddrPort

	process *process.Process
}

// Start starts the server and waits until it listens; the caller must Stop it.
func Start(options Options) (*Server, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), uint16(port))}
	host := s.Address.Addr().String()
	arguments := []string{
		"-n", "--listening-ip=" + host, "--relay-ip=" + host, fmt.Sprint("--listening-port=", port), "--realm=" + Realm,
		"--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--log-file=stdout", "--simple-log", "--verbose",
		"--db=" + filepath.Join(options.Dir, "db"), "--pidfile=" + filepath.Join(options.Dir, "pid"),
	}
	if options.Secret == "" {
		arguments = append(arguments, "--lt-cred-mech", "--user="+User+":"+Password)
	} else {
		arguments = append(arguments, "--use-auth-secret", "--static-auth-secret="+options.Secret)
	}
	if options.PerUser > 0 {
		arguments = append(arguments, fmt.Sprint("--user-quota=", options.PerUser))
	}
	if options.RelaysOnly {
		arguments = append(arguments, "--denied-peer-ip=127.0.0.1")
	}
	if options.Hasty {
		arguments = append(arguments, "--stale-nonce=1", "--max-allocate-lifetime=2")
	}
	s.process, err = process.Start(process.Options{
		Tool: "turnserver", Package: "coturn", Dir: options.Dir, Args: arguments,
	})
	if err != nil {
		return nil, err
	}
	if err = s.awaitReady(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// awaitReady waits until it answers a binding request (RFC 8489).
func (s *Server) awaitReady() error {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Address))
	if err != nil {
		return fmt.Errorf("coturn: %w", err)
	}
	defer func() { _ = conn.Close() }()
	request := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
	answer := make([]byte, 1500)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		_, _ = conn.Write(request) // nobody listens yet
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err = conn.Read(answer); err == nil {
			return nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			time.Sleep(20 * time.Millisecond) // polls
		}
		select {
		case <-s.process.Gone():
			return fmt.Errorf("coturn ended:\n%s", s.Report())
		default:
		}
	}
	return fmt.Errorf("coturn does not answer:\n%s", s.Report())
}

// URI names the server as a TURN server over UDP.
func (s *Server) URI() string { return "turn:" + s.Address.String() }

// Report is the server's log.
func (s *Server) Report() string { return s.process.Output() }

// Stop ends the server and waits.
func (s *Server) Stop() { s.process.Stop(2 * time.Second) }
