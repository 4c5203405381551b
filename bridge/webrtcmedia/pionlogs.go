package webrtcmedia

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/pion/logging"
	"golang.org/x/time/rate"
)

// pionLogs takes the log lines of pion. Its warnings and errors are mostly what the network did, and a browser can
// cause many: they are logged at debug level, and no more than one a second on average. The rest is
// dropped unformatted.
type pionLogs struct {
	logger  *slog.Logger
	limit   *rate.Limiter
	dropped atomic.Uint64
}

func newPionLogs(logger *slog.Logger) *pionLogs {
	return &pionLogs{logger: logger, limit: rate.NewLimiter(1, 10)}
}

// NewLogger makes the logger of one part of pion; scope is its name.
func (l *pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return &pionLogger{logs: l, scope: scope}
}

// pionLogger is a logging.LeveledLogger.
type pionLogger struct {
	logs  *pionLogs
	scope string
}

func (l *pionLogger) Trace(string)          {}
func (l *pionLogger) Tracef(string, ...any) {}
func (l *pionLogger) Debug(string)          {}
func (l *pionLogger) Debugf(string, ...any) {}
func (l *pionLogger) Info(string)           {}
func (l *pionLogger) Infof(string, ...any)  {}

func (l *pionLogger) Warn(text string)                    { l.log("%s", text) }
func (l *pionLogger) Warnf(format string, values ...any)  { l.log(format, values...) }
func (l *pionLogger) Error(text string)                   { l.log("%s", text) }
func (l *pionLogger) Errorf(format string, values ...any) { l.log(format, values...) }

func (l *pionLogger) log(format string, values ...any) {
	ctx := context.Background()
	if !l.logs.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	if !l.logs.limit.Allow() {
		l.logs.dropped.Add(1)
		return
	}
	l.logs.logger.DebugContext(ctx, "pion", "part", l.scope, "text", fmt.Sprintf(format, values...))
}
