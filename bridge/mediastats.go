package bridge

import "sipbridge/bridge/quality"

// MediaStats is what a leg measures of its media.
type MediaStats struct {
	// Audio and Video are of the leg's RTP packets.
	Audio, Video quality.Stats
}

// Since gives what was counted after an earlier count of the same leg.
func (s MediaStats) Since(earlier MediaStats) MediaStats {
	return MediaStats{Audio: s.Audio.Since(earlier.Audio), Video: s.Video.Since(earlier.Video)}
}

// Plus adds the counts of another leg in the same place; what is no count stays that of this one.
func (s MediaStats) Plus(other MediaStats) MediaStats {
	return MediaStats{Audio: s.Audio.Plus(other.Audio), Video: s.Video.Plus(other.Video)}
}
