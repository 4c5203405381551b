package transcode

import (
	"slices"
	"sync"
)

// workspace is memory that a transcoder needs only while it has a packet at hand.
type workspace struct {
	pcm     []int16 // what was decoded last
	changed []int16 // the same at the encoder's rate
	payload [maxPayload]byte
}

// fit makes room for so many samples.
func (w *workspace) fit(pcm, changed int) {
	w.pcm = slices.Grow(w.pcm[:0], pcm)[:pcm]
	w.changed = slices.Grow(w.changed[:0], changed)[:changed]
}

// Workspaces lend pipes the memory that they need while they transcode a packet: there are as many as there were
// packets at hand at a time, and not one for each pipe. The zero value is ready. It may be used by any goroutine.
type Workspaces struct {
	mu   sync.Mutex // guards free
	free []*workspace
}

func (w *Workspaces) take() *workspace {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.free) == 0 {
		return &workspace{}
	}
	last := len(w.free) - 1
	taken := w.free[last]
	w.free = w.free[:last]
	return taken
}

func (w *Workspaces) give(back *workspace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = append(w.free, back)
}
