package transcode

// Reacher is a PacketWriter that knows whether what it is given reaches the party: a way by ICE and DTLS takes a while
// to be made.
type Reacher interface {
	// Reaches may be called by any goroutine.
	Reaches() bool
}

// reaches tells that of a writer; those that do not know take everything.
func reaches(to PacketWriter) bool {
	reacher, ok := to.(Reacher)
	return !ok || reacher.Reaches()
}

// Reaches tells whether what is written now is sent: its format is agreed, we may send, and the way is made.
func (s *Sender) Reaches() bool {
	s.mu.Lock()
	open := s.place.clock > 0 && !s.off && !s.closed
	s.mu.Unlock()
	return open && (s.reaches == nil || s.reaches())
}

// Reaches is that of the writer that is plugged in, and false while there is none.
func (s *Switch) Reaches() bool {
	to := s.to.Load()
	return to != nil && reaches(*to)
}

// Reaches is that of the receiver.
func (p *Pipe) Reaches() bool { return reaches(p.dst) }
