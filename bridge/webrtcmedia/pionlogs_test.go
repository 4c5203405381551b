package webrtcmedia

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestPionLogs(t *testing.T) {
	t.Parallel()
	text := &bytes.Buffer{}
	logs := newPionLogs(slog.New(slog.NewTextHandler(text, &slog.HandlerOptions{Level: slog.LevelDebug})))
	logger := logs.NewLogger("ice")
	logger.Info("not this")
	logger.Debugf("nor %s", "this")
	for range 1000 {
		logger.Warnf("a %s", "warning")
	}
	if count := strings.Count(text.String(), "\n"); count < 1 || count > 20 {
		t.Errorf("%d lines", count)
	}
	if !strings.Contains(text.String(), `part=ice text="a warning"`) || strings.Contains(text.String(), "this") {
		t.Errorf("logged\n%s", text)
	}
	if logs.dropped.Load() < 900 {
		t.Errorf("%d lines dropped", logs.dropped.Load())
	}
}

func TestPionLogsAreOffByDefault(t *testing.T) {
	t.Parallel()
	text := &bytes.Buffer{}
	logs := newPionLogs(slog.New(slog.NewTextHandler(text, nil)))
	logs.NewLogger("ice").Error("a failure")
	if text.Len() != 0 || logs.dropped.Load() != 0 {
		t.Errorf("logged\n%s", text)
	}
}
