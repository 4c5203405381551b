package proxy

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// end is a flow to one end of a dialog, who reaches us at another address than that of our socket.
type end struct {
	word, remote, at string
	done             chan struct{}
}

func (*end) Send([]byte) error                { return nil }
func (*end) Close()                           {}
func (e *end) Done() <-chan struct{}          { return e.done }
func (e *end) Transport() string              { return e.word }
func (*end) LocalAddr() netip.AddrPort        { return netip.MustParseAddrPort("10.0.0.1:5060") }
func (e *end) RemoteAddr() netip.AddrPort     { return netip.MustParseAddrPort(e.remote) }
func (e *end) AdvertisedAddr() netip.AddrPort { return netip.MustParseAddrPort(e.at) }

// TestRecordRouteIsAdvertised: it names the address by which the end that is no browser reaches us.
func TestRecordRouteIsAdvertised(t *testing.T) {
	t.Parallel()
	browser := &end{word: "WSS", remote: "198.51.100.9:1", at: "203.0.113.7:443"}
	for want, phone := range map[string]*end{
		"sip:token@203.0.113.7:6060;lr": {word: "UDP", remote: "198.51.100.1:5060", at: "203.0.113.7:6060"},
		"sip:token@[2001:db8::7]:5061;transport=tls;lr": {
			word: "TLS", remote: "198.51.100.1:5061", at: "[2001:db8::7]:5061",
		},
	} {
		for _, d := range []*dialog{
			{token: "token", caller: browser, callee: phone}, {token: "token", caller: phone, callee: browser},
		} {
			uri := d.route()
			if got := uri.String(); got != want {
				t.Errorf("Record-Route is %s, want %s", got, want)
			}
		}
	}
}

// TestDialogsAreBounded: one connection has a share of them, and what is closed makes room.
func TestDialogsAreBounded(t *testing.T) {
	t.Parallel()
	all, caller := newDialogs(), &end{word: "WS", remote: "198.51.100.9:1"}
	invite := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "x"})
	callID := sip.CallIDHeader("c")
	invite.AppendHeader(&callID)
	var last *dialog
	for range maxDialogsOf {
		var err error
		if last, err = all.open(invite, caller, "a@x"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := all.open(invite, caller, "a@x"); bridge.CauseOf(err).Status != 503 {
		t.Errorf("one more: %v", err)
	}
	if _, err := all.open(invite, &end{word: "WS", remote: "198.51.100.9:2"}, "b@x"); err != nil {
		t.Errorf("another connection: %v", err)
	}
	last.close()
	if _, err := all.open(invite, caller, "a@x"); err != nil || all.of("a@x") != maxDialogsOf {
		t.Errorf("after an end: %v, %d", err, all.of("a@x"))
	}
	all.forget(caller)
	if all.of("a@x") != 0 || all.of("b@x") != 1 {
		t.Error("dialogs of a connection that is gone are left, or others are not")
	}
}
