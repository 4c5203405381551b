package sipua

import (
	"sync"

	"sipbridge/bridge"
)

// dialogs finds the leg that a request belongs to, on whatever connection it comes.
type dialogs struct {
	mu   sync.Mutex
	legs map[dialogKey]*leg // guarded by mu
	keys map[*leg]dialogKey // guarded by mu
}

// dialogKey names a dialog by the parts that we gave or that never change. The party's tag is checked by the leg's
// owner: it isn't known while our INVITE has only failed forks.
type dialogKey struct {
	callID, localTag string
}

func newDialogs() *dialogs {
	return &dialogs{legs: make(map[dialogKey]*leg), keys: make(map[*leg]dialogKey)}
}

// add enters a leg; its goroutine, or the one that makes it, calls it.
func (d *dialogs) add(l *leg) {
	key := dialogKey{callID: l.dialog.id.CallID, localTag: l.dialog.id.LocalTag}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.legs[key] = l
	d.keys[l] = key
}

func (d *dialogs) remove(l *leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key, ok := d.keys[l]; ok {
		delete(d.legs, key)
		delete(d.keys, l)
	}
}

// find gives the leg of a dialog as the bridge sees it: all three parts must match (RFC 3261 section 12.2.2).
func (d *dialogs) find(id bridge.DialogID) *leg {
	d.mu.Lock()
	l := d.legs[dialogKey{callID: id.CallID, localTag: id.LocalTag}]
	d.mu.Unlock()
	if l == nil || l.Info().Dialog.RemoteTag != id.RemoteTag {
		return nil
	}
	return l
}

func (d *dialogs) size() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.legs)
}
