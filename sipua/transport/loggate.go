package transport

import (
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// logGate lets one line a second through, so that bad input can't fill the disk.
type logGate struct {
	last atomic.Int64 // Unix time in seconds of the last line
}

func (g *logGate) open() bool {
	now, last := time.Now().Unix(), g.last.Load()
	return now != last && g.last.CompareAndSwap(last, now)
}

// panicked tells of a panic in a Receiver.
func (g *logGate) panicked(logger *slog.Logger, local netip.AddrPort, cause any) {
	if g.open() {
		stack := debug.Stack()
		stack = stack[:min(len(stack), 1500)]
		logger.Error("panic while receiving a message", "local", local, "cause", cause, "stack", string(stack))
	}
}
