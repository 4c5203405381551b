package rtmp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// policyRequest is what Flash sends before anything else to learn which pages may speak to us (Adobe, "Setting up a
// socket policy file server"). No handshake begins with its first byte.
const policyRequest = "<policy-file-request/>\x00"

// Why a connection ends before its handshake.
var (
	// errPolicy ends a connection that asked for the policy file: it is told nothing more.
	errPolicy = errors.New("rtmp: the policy file was asked for")
	// errHello is the error of a first byte that begins nothing we know.
	errHello = errors.New("rtmp: not a request for the policy file")
)

// policyFile is the answer: pages of these hosts may connect, to any port of ours. Without hosts none may, and Flash
// looks for no other file.
func policyFile(hosts []string) []byte {
	var text bytes.Buffer
	text.WriteString(`<?xml version="1.0"?><cross-domain-policy>`)
	if len(hosts) == 0 {
		text.WriteString(`<site-control permitted-cross-domain-policies="none"/>`)
	}
	for _, host := range hosts {
		text.WriteString(`<allow-access-from domain="`)
		_ = xml.EscapeText(&text, []byte(host)) // a buffer takes everything
		text.WriteString(`" to-ports="*"/>`)
	}
	text.WriteString("</cross-domain-policy>\x00")
	return text.Bytes()
}

// first reads the first byte of a connection, and answers a request for the policy file. Else it gives a reader that
// has the byte still to come.
func (c *conn) first() (io.Reader, error) {
	var first [1]byte
	if _, err := io.ReadFull(c.socket, first[:]); err != nil {
		return nil, err
	}
	if first[0] != policyRequest[0] {
		return io.MultiReader(bytes.NewReader(first[:]), c.socket), nil
	}
	rest := make([]byte, len(policyRequest)-1)
	if _, err := io.ReadFull(c.socket, rest); err != nil {
		return nil, err
	}
	if !strings.EqualFold(string(rest), policyRequest[1:]) {
		return nil, errHello
	}
	c.server.counts.policies.Add(1)
	if _, err := c.socket.Write(policyFile(c.server.options.PolicyHosts)); err != nil {
		return nil, err
	}
	return nil, errPolicy
}
