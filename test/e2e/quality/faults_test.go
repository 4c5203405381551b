package quality

import (
	"errors"
	"net"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/test/load/message"
)

// TestFaultsAreTold keeps what a phone could not read, and gives what it could not send.
func TestFaultsAreTold(t *testing.T) {
	t.Parallel()
	called := newPhone(t, pcmu(), plain)
	board := &switchboard{phones: map[string]*phone{"called": called}}
	invite := &message.Message{Start: "INVITE sip:called@localhost SIP/2.0", Body: "m=audio none RTP/AVP 0\r\n"}
	if reply := board.invited(invite); reply.Status() != 488 || !errors.Is(board.fault(), errSDP) {
		t.Errorf("%s, and the fault is %v", reply.Start, board.fault())
	}
	called.send = func(*rtp.Packet) error { return net.ErrClosed }
	if err := called.say(make([]int16, called.rate)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("said with %v", err)
	}
}
