package service

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	"sipbridge/test/e2e/process"
)

// Restart starts a service that has ended, as it was configured, and waits until it is ready.
func (s *Service) Restart() error {
	running, err := process.Start(s.program)
	if err != nil {
		return err
	}
	if s.process != nil {
		s.earlier = s.Log()
	}
	s.process = running
	if err = s.awaitReady(); err != nil {
		running.Stop(stopLimit)
		return err
	}
	return nil
}

// Terminate sends SIGTERM.
func (s *Service) Terminate() error { return s.process.Signal(syscall.SIGTERM) }

// Kill ends the service by SIGKILL, so that it can tell nobody, and waits until it is gone.
func (s *Service) Kill() error {
	if err := s.process.Signal(syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	<-s.process.Gone()
	return nil
}

// Wait waits for the service to end and returns its exit code.
func (s *Service) Wait(limit time.Duration) (int, error) { return s.process.Wait(limit) }

// Log is what the service printed, at most its last megabyte since each start.
func (s *Service) Log() string { return s.earlier + s.process.Output() }

// Report is the end of the log, for a failed test, and of what was before it the lines that tell of trouble.
func (s *Service) Report() string {
	const most = 40000
	log := s.Log()
	cut := max(0, len(log)-most)
	return strings.Join(trouble.FindAllString(log[:cut], -1), "\n") + log[cut:]
}

// trouble is a line with a warning or an error, or with a response that says that a server failed.
var trouble = regexp.MustCompile(`(?m)^.* (?:level=(?:WARN|ERROR)|message="SIP/2\.0 5).*$`)

const stopLimit = 2 * time.Second

// Stop ends the service, by SIGKILL if need be. A test of a clean end uses Terminate and Wait.
func (s *Service) Stop() {
	s.process.Stop(stopLimit)
	s.rtp.Close()
}
