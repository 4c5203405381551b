package quality

import (
	"net/netip"
	"time"
)

// Stats is what a leg measures of its media of one kind.
type Stats struct {
	// Received and Sent count packets from and to the party, ReceivedOctets and SentOctets their payloads.
	Received, ReceivedOctets uint64
	Sent, SentOctets         uint64
	// Lost counts packets from the party that never came, by their sequence numbers (RFC 3550 appendix A.3), and Late
	// those that came after one that was sent later, or twice.
	Lost, Late uint64
	// Jitter is that of the party's packets as they came (RFC 3550 appendix A.8), RoundTrip how long a packet takes to the
	// party and back; 0 where unknown.
	Jitter, RoundTrip time.Duration
	// RemoteLost and RemoteJitter are the same of our packets, as the party reports them; Reported tells that it does.
	RemoteLost   uint64
	Reported     bool
	RemoteJitter time.Duration
	// RemoteScore is the mean opinion score that the party gives our stream (RFC 3611), from 1 to 4.5; 0 if it gives none.
	RemoteScore float64
	// Frames counts pictures that came, Freezes those that stood too long, Frozen how long those stood together. A camera
	// that sends nothing while nothing moves counts, too.
	Frames, Freezes uint64
	Frozen          time.Duration
	// Undecryptable, WrongPayloadType and WrongSource count packets that came for nothing: they could not be decrypted or
	// were replayed, were of a payload type that was not agreed, or came from somebody else.
	Undecryptable, WrongPayloadType, WrongSource uint64
	// Stranger is where the last of WrongSource came from, WrongType the payload type of the last of WrongPayloadType.
	Stranger  netip.AddrPort
	WrongType uint8
	// Reliable tells that the media come over a connection that loses nothing and may be silent, or from nowhere else:
	// there is nothing to rate.
	Reliable bool
	// Heard is when the last packet of the party came; zero if none ever did.
	Heard time.Time
}

// Since gives what was counted after an earlier count. What is no count stays as it is now.
func (s Stats) Since(earlier Stats) Stats {
	s.each(earlier, func(now *uint64, before uint64) { *now -= min(before, *now) })
	s.Frozen -= earlier.Frozen
	return s
}

// Plus adds the counts of other media. What is no count stays as it is.
func (s Stats) Plus(other Stats) Stats {
	s.each(other, func(now *uint64, before uint64) { *now += before })
	s.Frozen += other.Frozen
	if s.Heard.IsZero() {
		s.Heard = other.Heard
	}
	return s
}

// each calls combine for every count of s with that of other.
func (s *Stats) each(other Stats, combine func(now *uint64, before uint64)) {
	combine(&s.Received, other.Received)
	combine(&s.ReceivedOctets, other.ReceivedOctets)
	combine(&s.Sent, other.Sent)
	combine(&s.SentOctets, other.SentOctets)
	combine(&s.Lost, other.Lost)
	combine(&s.Late, other.Late)
	combine(&s.RemoteLost, other.RemoteLost)
	combine(&s.Frames, other.Frames)
	combine(&s.Freezes, other.Freezes)
	combine(&s.Undecryptable, other.Undecryptable)
	combine(&s.WrongPayloadType, other.WrongPayloadType)
	combine(&s.WrongSource, other.WrongSource)
}
