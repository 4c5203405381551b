package admission

import (
	"net/netip"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// flow is a way to a peer of which only its place counts.
type flow struct{ remote netip.AddrPort }

func from(remote string) flow { return flow{netip.MustParseAddrPort(remote)} }

func (flow) Send([]byte) error            { return nil }
func (flow) Close()                       {}
func (flow) Done() <-chan struct{}        { return nil }
func (flow) Transport() string            { return "UDP" }
func (flow) LocalAddr() netip.AddrPort    { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (f flow) RemoteAddr() netip.AddrPort { return f.remote }

// opened is a connection that was opened with a token.
type opened struct {
	flow

	user string
	left time.Duration
}

func (o opened) Authorized() (user string, until time.Time) { return o.user, time.Now().Add(o.left) }

var _ transport.Flow = opened{}

// answering is how many requests are being answered.
type answering int

func (a answering) Sizes() (servers, clients int) { return int(a), 0 }

// refused fails unless an error is a bridge.Cause of a status; 0 is none.
func refused(t *testing.T, what string, err error, status int) {
	t.Helper()
	switch {
	case status == 0 && err != nil:
		t.Errorf("%s: refused with %v", what, err)
	case status != 0 && (err == nil || bridge.CauseOf(err).Status != status):
		t.Errorf("%s: %v, want %d", what, err, status)
	}
}
