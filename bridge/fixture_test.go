package bridge_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// fixture is an Exchange that runs for one test and routes everything to one phone.
type fixture struct {
	*bridge.Exchange

	phone    *bridgetest.Endpoint
	observer *bridgetest.Observer
	log      *lockedBuffer
	stop     context.CancelFunc
	stopped  chan error
}

func newFixture(t *testing.T, change ...func(*bridge.ExchangeOptions)) *fixture {
	t.Helper()
	f := &fixture{
		phone:    bridgetest.NewEndpoint("phone"),
		observer: bridgetest.NewObserver(),
		log:      &lockedBuffer{},
		stopped:  make(chan error, 1),
	}
	options := bridge.ExchangeOptions{
		Router:   bridgetest.RouteTo(f.phone),
		Observer: f.observer,
		Logger:   slog.New(slog.NewTextHandler(f.log, nil)),
		Ring:     time.Hour,
	}
	for _, c := range change {
		c(&options)
	}
	f.Exchange = bridge.NewExchange(options)
	var ctx context.Context
	ctx, f.stop = context.WithCancel(context.Background())
	go func() { f.stopped <- f.Run(ctx) }()
	t.Cleanup(func() { f.shutDown(t) })
	return f
}

// shutDown ends the Exchange and waits until Run has returned.
func (f *fixture) shutDown(t *testing.T) {
	t.Helper()
	f.stop()
	select {
	case err := <-f.stopped:
		if err != nil {
			t.Errorf("Run gave %v", err)
		}
		f.stopped <- nil
	case <-time.After(bridgetest.Patience):
		t.Error("Run did not return")
	}
}

// call places a call with an offer of PCMU and gives both legs.
func (f *fixture) call(t *testing.T) (*bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	return f.callWith(t, request(bridgetest.PCMU()))
}

func (f *fixture) callWith(t *testing.T, asked bridge.Request) (*bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	caller := bridgetest.NewIncoming(asked, bridge.LegInfo{})
	f.Accept(caller)
	return caller, f.phone.AwaitDial(t)
}

// answered places a call and answers it; both legs then speak PCMU.
func (f *fixture) answered(t *testing.T) (*bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	caller, callee := f.call(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	return caller, callee
}

// request is what alice asks for: bob, with an offer of the formats; with none it has no offer.
func request(formats ...transcode.Format) bridge.Request {
	asked := bridge.Request{
		From:   bridge.Party{Name: "Alice", URI: "sip:alice@test"},
		To:     "sip:bob@test",
		Origin: bridge.OriginUser,
		User:   "alice@test",
	}
	if len(formats) > 0 {
		offer := bridgetest.Audio(formats...)
		asked.Offer = &offer
	}
	return asked
}

// passes checks that a packet from one party arrives at the other, and gives what arrived.
func passes(t *testing.T, from, to *bridgetest.Leg, payloadType uint8) *rtp.Packet {
	t.Helper()
	before := len(to.FakeMedia().Sent(transcode.Audio))
	from.FakeMedia().AwaitPlugged(t, transcode.Audio)
	packet := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: 1, SSRC: 1},
		Payload: bytes.Repeat([]byte{0xff}, 160),
	}
	if _, err := from.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
		t.Fatalf("the packet was refused: %v", err)
	}
	return to.FakeMedia().AwaitSent(t, transcode.Audio, before+1)[before]
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
