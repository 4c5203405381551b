package dialog

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

func somewhere() []transport.Target {
	return []transport.Target{{Transport: "UDP", Address: netip.MustParseAddrPort("192.0.2.30:5060")}}
}

// TestOneLookUpAtATime: a name that is given meanwhile waits for its turn, and what was found before is of use until
// another name comes.
func TestOneLookUpAtATime(t *testing.T) {
	t.Parallel()
	one, two := ServerName{host: "one.example"}, ServerName{host: "two.example"}
	h := &Hop{}
	if !h.Seek(one) || h.Seek(one) || !h.IsOpen() {
		t.Error("it is not sought once")
	}
	if !h.Sought(one) || h.IsOpen() {
		t.Error("it is still sought")
	}
	h.Found(somewhere())
	if !h.Knows(one) || h.Knows(two) || !h.Seek(one) || h.IsOpen() || len(h.Servers()) != 1 {
		t.Error("what was found is of no use")
	}
	if h.Seek(two) || !h.IsOpen() || h.Knows(two) || len(h.Servers()) != 0 {
		t.Error("another name has servers before they are found")
	}
	if h.Sought(one) || h.IsOpen() || !h.Seek(two) || !h.Sought(two) {
		t.Error("the other name does not get its turn")
	}
	h.Found(somewhere())
	h.Forget()
	if h.Knows(two) || len(h.Servers()) != 0 {
		t.Error("it is not forgotten")
	}
}

// TestHeldOnce: an ACK waits once, though the 2xx is repeated, and all goes in order.
func TestHeldOnce(t *testing.T) {
	t.Parallel()
	d := dialled(t, "sip:bob@b.example")
	h := d.Hop()
	ack, bye := d.ACK(1), d.Request(sip.BYE)
	h.Hold(ack)
	h.Hold(d.ACK(1))
	h.Hold(bye)
	if !h.Holds() {
		t.Error("nothing waits")
	}
	if held := h.Release(); len(held) != 2 || held[0] != ack || held[1] != bye || h.Holds() {
		t.Errorf("released: %v", held)
	}
}
