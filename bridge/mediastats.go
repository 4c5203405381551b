package bridge

import (
	"strings"
	"time"

	"sipbridge/bridge/quality"
	"sipbridge/bridge/quality/emodel"
	"sipbridge/transcode"
)

// MediaStats is what a leg measures of its media.
type MediaStats struct {
	// Audio and Video are of the leg's RTP packets.
	Audio, Video quality.Stats
	// Sound is of the party's sound as far as the call decodes it: all that is transcoded, else what is silent until
	// anything is heard. A leg itself leaves it out.
	Sound transcode.SoundStats
	// Keyframes counts how often the party asked for a full picture, as the call heard; a leg itself leaves it out.
	Keyframes uint64
	// Broken is how long packets of the party's pictures were missing without which no other one of them can be decoded,
	// until the next full one came, or else the last packet; a leg itself leaves it out.
	Broken time.Duration
}

// Since gives what was counted after an earlier count of the same leg.
func (s MediaStats) Since(earlier MediaStats) MediaStats {
	return MediaStats{
		Audio: s.Audio.Since(earlier.Audio), Video: s.Video.Since(earlier.Video), Sound: s.Sound.Since(earlier.Sound),
		Keyframes: s.Keyframes - earlier.Keyframes, Broken: s.Broken - earlier.Broken,
	}
}

// Plus adds the counts of another leg in the same place; what is no count stays that of this one.
func (s MediaStats) Plus(other MediaStats) MediaStats {
	return MediaStats{
		Audio: s.Audio.Plus(other.Audio), Video: s.Video.Plus(other.Video), Sound: s.Sound.Plus(other.Sound),
		Keyframes: s.Keyframes + other.Keyframes, Broken: s.Broken + other.Broken,
	}
}

// enough is how many packets it takes to say how good the sound is: a second of them, at 20 ms each.
const enough = 50

// packetTime is how long a packet is on the way before it is sent: that of nearly everybody.
const packetTime = 20 * time.Millisecond

// Score is the mean opinion score of the sound that came from the party, from 1 to 4.5 by the E-model; 0 if there is
// too little to say. Codec is as in CallRecord.
func (s MediaStats) Score(codec string) float64 {
	return score(codec, s.Audio, s.Audio.Received, s.Audio.Lost, s.Audio.Jitter)
}

// RemoteScore is the same of the sound that the party got from us, by its own reports, in which it may
// rate that itself (RFC 3611); 0 if it sent none.
func (s MediaStats) RemoteScore(codec string) float64 {
	if !s.Audio.Reported {
		return 0
	}
	if s.Audio.RemoteScore > 0 {
		return s.Audio.RemoteScore
	}
	arrived := s.Audio.Sent - min(s.Audio.RemoteLost, s.Audio.Sent)
	return score(codec, s.Audio, arrived, s.Audio.RemoteLost, s.Audio.RemoteJitter)
}

// score rates one way of a leg. What comes unevenly has to wait for the slowest, for which twice the jitter is usual.
func score(codec string, stats quality.Stats, arrived, lost uint64, jitter time.Duration) float64 {
	if stats.Reliable || arrived+lost < enough {
		return 0
	}
	name, _, _ := strings.Cut(codec, "/")
	return emodel.Connection{
		Codec: name, Loss: float64(lost) / float64(arrived+lost),
		Delay: stats.RoundTrip/2 + packetTime + 2*jitter,
	}.MOS()
}
