package bridge

import (
	"sync/atomic"
	"time"
)

// PictureStats counts the pictures of calls that have ended.
type PictureStats struct {
	// Packets and Lost count packets from parties and those that never came.
	Packets, Lost uint64
	// Frames counts pictures, Freezes those that stood too long, Frozen how long those stood together.
	Frames, Freezes uint64
	Frozen          time.Duration
	// Broken is how long pictures could not be decoded for want of packets that did not come.
	Broken time.Duration
	// Keyframes counts how often a party asked for a full picture.
	Keyframes uint64
}

// pictureCounts are the counters behind PictureStats.
type pictureCounts struct {
	packets, lost, frames, freezes, keyframes atomic.Uint64
	frozen, broken                            atomic.Int64
}

func (c *pictureCounts) count(media MediaStats) {
	c.packets.Add(media.Video.Received)
	c.lost.Add(media.Video.Lost)
	c.frames.Add(media.Video.Frames)
	c.freezes.Add(media.Video.Freezes)
	c.frozen.Add(int64(media.Video.Frozen))
	c.broken.Add(int64(media.Broken))
	c.keyframes.Add(media.Keyframes)
}

func (c *pictureCounts) stats() PictureStats {
	return PictureStats{
		Packets: c.packets.Load(), Lost: c.lost.Load(), Frames: c.frames.Load(), Freezes: c.freezes.Load(),
		Frozen: time.Duration(c.frozen.Load()), Broken: time.Duration(c.broken.Load()), Keyframes: c.keyframes.Load(),
	}
}
