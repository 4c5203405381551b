package transcode

// SenderStats is what a Sender did, and where its stream stands.
type SenderStats struct {
	// SSRC is that of the stream.
	SSRC uint32
	// Timestamp is the RTP timestamp of what is captured at the moment of the snapshot; with Packets and Octets it
	// is the body of an RTCP sender report (RFC 3550 section 6.4.1).
	Timestamp uint32
	// ClockRate is that of Timestamp in Hz; 0 before a format was agreed.
	ClockRate uint32
	// Packets and Octets count what was sent, keys included; Octets are those of the payloads.
	Packets, Octets uint64
	// Keys counts telephone keys played to their end.
	Keys uint64
	// Muted counts packets left out because a key was played or we might not send.
	Muted uint64
	// Dropped counts packets left out as duplicates, strays or too late.
	Dropped uint64
	// WrongPayloadType counts packets of a payload type that was not agreed.
	WrongPayloadType uint64
}

// Stats gives a snapshot.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.counts
	stats.Timestamp, stats.ClockRate = s.timestampCaptured(), s.place.clock
	return stats
}
