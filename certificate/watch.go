package certificate

import (
	"context"
	"log/slog"
	"time"
)

const (
	// watchEvery is how often a Watch looks.
	watchEvery = time.Hour
	// alarm is how long before the end of a certificate a Watch begins to warn, once a day.
	alarm      = 14 * 24 * time.Hour
	alarmEvery = 24 * time.Hour
)

// Watched is the certificate of a listener.
type Watched struct {
	// Listener names it in log and metrics.
	Listener string
	Source   Source
}

// Watch warns before certificates end.
type Watch struct {
	watched []Watched
	logger  *slog.Logger
	now     func() time.Time
}

// NewWatch watches the certificates of listeners.
func NewWatch(watched []Watched, logger *slog.Logger) *Watch {
	return &Watch{watched: watched, logger: logger, now: time.Now}
}

// Run looks at the certificates until ctx ends. Once a day it warns of one that ends within 14 days.
func (w *Watch) Run(ctx context.Context) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	told := make(map[string]time.Time)
	for {
		w.look(told)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look warns where it is time; told is when it last did, by listener.
func (w *Watch) look(told map[string]time.Time) {
	now := w.now()
	for _, watched := range w.watched {
		leaf := watched.Source.Leaf()
		if leaf == nil || leaf.NotAfter.Sub(now) > alarm || now.Sub(told[watched.Listener]) < alarmEvery {
			continue
		}
		told[watched.Listener] = now
		w.logger.Warn("a certificate ends soon, or has ended", "listener", watched.Listener, "end", leaf.NotAfter)
	}
}

// Ends tells when the certificate of each listener ends; one that has none yet is missing.
func (w *Watch) Ends() map[string]time.Time {
	ends := make(map[string]time.Time)
	for _, watched := range w.watched {
		if leaf := watched.Source.Leaf(); leaf != nil {
			ends[watched.Listener] = leaf.NotAfter
		}
	}
	return ends
}
