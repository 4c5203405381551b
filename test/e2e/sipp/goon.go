package sipp

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// AwaitGoOn holds a script until GoOn: a test has seen or heard what it wanted.
func AwaitGoOn() Step { return Await("MESSAGE") }

// GoOn lets a script over UDP go on that awaits it, by a MESSAGE in its call from nowhere.
func (s *Script) GoOn(limit time.Duration) error {
	callID, err := s.callID(limit)
	if err != nil {
		return err
	}
	conn, err := net.Dial("udp4", s.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScript, err)
	}
	defer func() { _ = conn.Close() }()
	lines := []string{
		"MESSAGE sip:go-on@localhost SIP/2.0", "Via: SIP/2.0/UDP " + conn.LocalAddr().String() + ";branch=z9hG4bK-go-on",
		"From: <sip:test@localhost>;tag=go-on", "To: <sip:test@localhost>", "Call-ID: " + callID, "CSeq: 1 MESSAGE",
		"Content-Length: 0", "", "",
	}
	if _, err := conn.Write([]byte(strings.Join(lines, "\r\n"))); err != nil {
		return fmt.Errorf("%w: %w", ErrScript, err)
	}
	return nil
}

// callID waits for the script's call.
func (s *Script) callID(limit time.Duration) (string, error) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, message := range s.Messages() {
			for line := range strings.Lines(message.Text) {
				if value, ok := strings.CutPrefix(line, "Call-ID:"); ok {
					return strings.TrimSpace(value), nil
				}
			}
		}
	}
	return "", fmt.Errorf("%w: no call in %v\n%s", ErrScript, limit, s.Report())
}
