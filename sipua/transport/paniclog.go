package transport

import (
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"golang.org/x/time/rate"
)

// panicLog tells of panics in a Receiver, one line a second at most, so that bad input can't fill the disk.
type panicLog struct {
	logger    *slog.Logger
	sometimes rate.Sometimes
}

func newPanicLog(logger *slog.Logger) *panicLog {
	return &panicLog{logger: logger, sometimes: rate.Sometimes{Interval: time.Second}}
}

func (p *panicLog) tell(local netip.AddrPort, cause any) {
	stack := debug.Stack()
	stack = stack[:min(len(stack), 1500)]
	p.sometimes.Do(func() {
		p.logger.Error("panic while receiving a message", "local", local, "cause", cause, "stack", string(stack))
	})
}
