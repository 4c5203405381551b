package bridgetest_test

import (
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

var (
	_ bridge.Incoming = (*bridgetest.Incoming)(nil)
	_ bridge.Endpoint = (*bridgetest.Endpoint)(nil)
	_ bridge.Observer = (*bridgetest.Observer)(nil)
	_ bridge.Router   = bridgetest.RouterFunc(nil)
)

func TestLegRecordsAndEmits(t *testing.T) {
	t.Parallel()
	leg := bridgetest.NewLeg(bridge.LegInfo{})
	leg.SetDirection(bridge.SendOnly)
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	if got := bridgetest.Await[bridgetest.SendDTMF](t, leg); got.Key.Digit != '1' {
		t.Errorf("got key %q, want 1", got.Key.Digit)
	}
	leg.Emit(bridge.Ringing{})
	leg.Hangup(bridge.Normal())
	leg.Emit(bridge.Parked{})
	if _, ok := (<-leg.Events()).(bridge.Ringing); !ok {
		t.Error("the first event is not Ringing")
	}
	if ended, ok := (<-leg.Events()).(bridge.Ended); !ok || ended.Cause.Status != 200 {
		t.Errorf("Hangup gave %+v, want Ended with 200", ended)
	}
	if event, ok := <-leg.Events(); ok {
		t.Errorf("event after Ended: %+v", event)
	}
	if count := bridgetest.Count[bridgetest.SetDirection](leg); count != 1 {
		t.Errorf("SetDirection counted %d times, want 1", count)
	}
}

func TestMediaCarriesPackets(t *testing.T) {
	t.Parallel()
	from, to := bridgetest.NewMedia(), bridgetest.NewMedia()
	packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: 7}, Payload: []byte{1}}
	if taken, _ := from.Deliver(transcode.Audio, packet); taken {
		t.Error("a packet was taken before Receive")
	}
	from.Receive(transcode.Audio, to.Sender(transcode.Audio))
	if taken, err := from.Deliver(transcode.Audio, packet); !taken || err != nil {
		t.Errorf("Deliver gave %v, %v", taken, err)
	}
	packet.Payload[0] = 2
	if sent := to.AwaitSent(t, transcode.Audio, 1); sent[0].Payload[0] != 1 || sent[0].SequenceNumber != 7 {
		t.Errorf("sent %+v, want a copy of what was delivered", sent[0])
	}
}
