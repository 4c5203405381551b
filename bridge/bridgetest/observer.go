package bridgetest

import (
	"testing"
	"time"

	"sipbridge/bridge"
)

// Observer is a bridge.Observer that keeps what it hears.
type Observer struct {
	started chan bridge.CallRecord
	ended   chan bridge.CallRecord
}

// NewObserver makes an Observer.
func NewObserver() *Observer {
	return &Observer{
		started: make(chan bridge.CallRecord, eventsBuffered),
		ended:   make(chan bridge.CallRecord, eventsBuffered),
	}
}

// CallStarted keeps the record for AwaitStarted.
func (o *Observer) CallStarted(record bridge.CallRecord) { o.started <- record }

// CallEnded keeps the record for AwaitEnded.
func (o *Observer) CallEnded(record bridge.CallRecord) { o.ended <- record }

// AwaitStarted waits for the next started call.
func (o *Observer) AwaitStarted(tb testing.TB) bridge.CallRecord {
	tb.Helper()
	return awaitRecord(tb, o.started, "started")
}

// AwaitEnded waits for the next ended call.
func (o *Observer) AwaitEnded(tb testing.TB) bridge.CallRecord {
	tb.Helper()
	return awaitRecord(tb, o.ended, "ended")
}

func awaitRecord(tb testing.TB, records <-chan bridge.CallRecord, what string) bridge.CallRecord {
	tb.Helper()
	select {
	case record := <-records:
		return record
	case <-time.After(Patience):
		tb.Fatalf("no call %s within %v", what, Patience)
		return bridge.CallRecord{}
	}
}
