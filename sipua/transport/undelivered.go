package transport

import (
	"bytes"
	"context"
	"net/netip"
)

const (
	// undeliveredQueue is how many datagrams that came back wait to be told; more are passed over.
	undeliveredQueue = 64
	// maxQuoted is how much of a datagram an ICMP message may quote (RFC 1812 section 4.3.2.3, RFC 4443 section 3.1).
	maxQuoted = 1280
)

// undelivered is a datagram that came back, as far as it was quoted.
type undelivered struct {
	remote netip.AddrPort
	quoted []byte
}

// takeErrors empties the kernel's queue of errors. Whoever has seen one calls it: the socket's reader, or a sender, who
// may hold locks that those who are told need. So they are told from a goroutine of their own.
func (u *UDP) takeErrors() {
	buffer := make([]byte, maxQuoted)
	for range undeliveredQueue {
		quoted, remote, ok := readErrors(u.conn, buffer)
		if !ok {
			return
		}
		if !remote.IsValid() {
			continue
		}
		u.counts.undelivered.Add(1)
		select {
		case u.undelivered <- undelivered{remote: remote, quoted: bytes.Clone(quoted)}:
		default:
		}
	}
}

// tellUndelivered tells of datagrams that came back until ctx ends.
func (u *UDP) tellUndelivered(ctx context.Context) {
	for {
		select {
		case back := <-u.undelivered:
			u.tellOne(back)
		case <-ctx.Done():
			return
		}
	}
}

func (u *UDP) tellOne(back undelivered) {
	defer func() {
		if cause := recover(); cause != nil {
			u.counts.panics.Add(1)
			u.panics.tell(u.local, cause)
		}
	}()
	u.options.Undelivered(u.FlowTo(back.remote), back.quoted)
}
