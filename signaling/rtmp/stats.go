package rtmp

import "sync/atomic"

// Stats counts what a Server has seen since its start.
type Stats struct {
	// Open is how many connections there are now; Users how many of them have logged in.
	Open, Users int
	// Streams is how many are being published.
	Streams int
	// Refused counts connections over a limit, and Rejected those whose connect was rejected.
	Refused, Rejected uint64
	// Malformed counts connections ended because of what came on them.
	Malformed uint64
	// Slow counts clients dropped because they did not read.
	Slow uint64
	// Policies counts how often the policy file was asked for.
	Policies uint64
	// AudioIn and AudioOut count audio messages from and to clients.
	AudioIn, AudioOut uint64
	// AudioDropped counts audio messages from clients that nobody could use, and packets that no client could hear.
	AudioDropped uint64
	// AudioLost counts packets to clients that never came.
	AudioLost uint64
	// VideoIn and VideoOut count video messages from and to clients, VideoDropped pictures that nobody could use.
	VideoIn, VideoOut, VideoDropped uint64
	// Panics counts faults in the program that were contained.
	Panics uint64
}

// counters are the Stats as they are counted.
type counters struct {
	refused, rejected, malformed, slow, policies, audioIn, audioOut, audioDropped, audioLost, panics atomic.Uint64
	videoIn, videoOut, videoDropped                                                                  atomic.Uint64
}

// Stats gives a snapshot.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	open, users := len(s.conns), 0
	for _, devices := range s.users {
		users += len(devices)
	}
	s.mu.Unlock()
	return Stats{
		Open: open, Users: users, Streams: s.live.count(),
		Refused: s.counts.refused.Load(), Rejected: s.counts.rejected.Load(),
		Malformed: s.counts.malformed.Load(), Slow: s.counts.slow.Load(), Policies: s.counts.policies.Load(),
		AudioIn: s.counts.audioIn.Load(), AudioOut: s.counts.audioOut.Load(),
		AudioDropped: s.counts.audioDropped.Load(), AudioLost: s.counts.audioLost.Load(),
		VideoIn: s.counts.videoIn.Load(), VideoOut: s.counts.videoOut.Load(), VideoDropped: s.counts.videoDropped.Load(),
		Panics: s.counts.panics.Load(),
	}
}
