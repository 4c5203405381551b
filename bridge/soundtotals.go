package bridge

import (
	"sync/atomic"
	"time"

	"sipbridge/transcode"
)

// soundTotals are the counters behind ExchangeStats.Sound; lengths are in nanoseconds.
type soundTotals struct {
	decoded, concealed, clipped, silent atomic.Int64
	discarded                           atomic.Uint64
}

// count adds the sound of a leg that has ended.
func (t *soundTotals) count(sound transcode.SoundStats) {
	t.decoded.Add(int64(sound.Decoded))
	t.concealed.Add(int64(sound.Concealed))
	t.clipped.Add(int64(sound.Clipped))
	t.silent.Add(int64(sound.Silent))
	t.discarded.Add(sound.Discarded)
}

func (t *soundTotals) stats() transcode.SoundStats {
	return transcode.SoundStats{
		Decoded: time.Duration(t.decoded.Load()), Concealed: time.Duration(t.concealed.Load()),
		Clipped: time.Duration(t.clipped.Load()), Silent: time.Duration(t.silent.Load()),
		Discarded: t.discarded.Load(),
	}
}
