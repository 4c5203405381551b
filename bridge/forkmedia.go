package bridge

import (
	"sync"

	"sipbridge/transcode"
)

// forkMedia is the media of whichever branch of a fork is heard.
type forkMedia struct {
	// mu guards what follows. It is held across Receive and Sender of a branch, which only set and get,
	// so that a branch that is heard no more is never left plugged in.
	mu sync.Mutex
	// heard is nil until a branch is heard.
	heard Media
	// waiting has what Receive was given before that.
	waiting map[transcode.Kind]transcode.PacketWriter
	// senders lead to the branch that is heard.
	senders map[transcode.Kind]*transcode.Switch
}

func newForkMedia() *forkMedia {
	return &forkMedia{
		waiting: make(map[transcode.Kind]transcode.PacketWriter),
		senders: map[transcode.Kind]*transcode.Switch{transcode.Audio: {}, transcode.Video: {}},
	}
}

// hear switches to a branch. The receivers of the branch before it are not given to this one, because a
// packet of that may still be in them; the event that follows makes the call plug in new ones.
func (m *forkMedia) hear(branch Media) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heard == branch {
		return
	}
	for kind, sender := range m.senders {
		if m.heard != nil {
			m.heard.Receive(kind, nil)
		}
		sender.Set(branch.Sender(kind))
	}
	for kind, to := range m.waiting {
		branch.Receive(kind, to)
	}
	m.heard, m.waiting = branch, nil
}

// Receive sets where the packets of the branch that is heard go.
func (m *forkMedia) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heard == nil {
		m.waiting[kind] = to
		return
	}
	m.heard.Receive(kind, to)
}

// Sender is the way to the branch that is heard.
func (m *forkMedia) Sender(kind transcode.Kind) transcode.PacketWriter {
	if sender, ok := m.senders[kind]; ok {
		return sender
	}
	return &transcode.Switch{}
}

// Stats counts the packets of the branch that is heard.
func (m *forkMedia) Stats() MediaStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.heard == nil {
		return MediaStats{}
	}
	return m.heard.Stats()
}
