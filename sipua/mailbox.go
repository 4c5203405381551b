package sipua

import "sync"

// mailbox queues work for the one goroutine that owns a leg. Posting never blocks, so that no call,
// transport or media session ever waits for a leg.
type mailbox struct {
	// ready holds one token while there may be work.
	ready chan struct{}

	mu     sync.Mutex
	queue  []func() // guarded by mu
	closed bool     // guarded by mu
}

func newMailbox() *mailbox {
	return &mailbox{ready: make(chan struct{}, 1)}
}

// post queues work. It reports false, having dropped it, when the owner is gone.
func (m *mailbox) post(work func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.queue = append(m.queue, work)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return true
}

// take gives all queued work, in order.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	queue := m.queue
	m.queue = nil
	return queue
}

// close refuses everything posted later and gives what is still queued.
func (m *mailbox) close() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	queue := m.queue
	m.queue = nil
	return queue
}
