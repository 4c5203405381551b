package bridge

import (
	"sync/atomic"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// ExchangeStats counts since the Exchange was made.
type ExchangeStats struct {
	// Active is the number of calls now.
	Active int
	// Started counts calls taken; Answered those of them that were answered.
	Started, Answered uint64
	// Cancelled counts calls that the caller gave up before they were answered.
	Cancelled uint64
	// Failed counts the other calls that were not answered, by the hundreds of the status that ended them:
	// Failed[4] those with 400 to 499.
	Failed [7]uint64
	// Refused counts calls not taken, because of a limit or while draining.
	Refused uint64
	// Takeovers counts legs that took the place of another in a running call.
	Takeovers uint64
	// Transferred counts transfers that succeeded, TransfersFailed the other ones that were asked for.
	Transferred, TransfersFailed uint64
	// Redirected counts contacts that were called in place of a callee that said so.
	Redirected uint64
	// Heard has the scores of the sound that came from the parties of answered calls, Told those of the sound that the
	// parties got, by their own reports.
	Heard, Told Scores
	// Sound is what was decoded of parties in calls that have ended.
	Sound transcode.SoundStats
	// Pictures counts those of calls that have ended.
	Pictures PictureStats
	// Unheard counts how often it was found that a party was not heard, by the reason.
	Unheard [quality.FaultCount]uint64
	// Announced counts announcements begun.
	Announced uint64
	// Abandoned counts legs that did not end in time after they were hung up.
	Abandoned uint64
	// Panics counts calls that were ended by a fault in the program.
	Panics uint64
}

// exchangeCounts are the counters behind ExchangeStats.
type exchangeCounts struct {
	started, answered, cancelled atomic.Uint64
	failed                       [7]atomic.Uint64
	refused, takeovers           atomic.Uint64
	transferred, transfersFailed atomic.Uint64
	redirected, announced        atomic.Uint64
	heard, told                  scoreCounts
	sound                        soundTotals
	pictures                     pictureCounts
	unheard                      [quality.FaultCount]atomic.Uint64
	abandoned, panics            atomic.Uint64
}

// Stats gives a snapshot.
func (x *Exchange) Stats() ExchangeStats {
	x.mu.Lock()
	active := len(x.calls)
	x.mu.Unlock()
	stats := ExchangeStats{
		Active:          active,
		Started:         x.counts.started.Load(),
		Answered:        x.counts.answered.Load(),
		Cancelled:       x.counts.cancelled.Load(),
		Refused:         x.counts.refused.Load(),
		Takeovers:       x.counts.takeovers.Load(),
		Transferred:     x.counts.transferred.Load(),
		TransfersFailed: x.counts.transfersFailed.Load(),
		Redirected:      x.counts.redirected.Load(),
		Heard:           x.counts.heard.stats(),
		Told:            x.counts.told.stats(),
		Announced:       x.counts.announced.Load(),
		Sound:           x.counts.sound.stats(),
		Pictures:        x.counts.pictures.stats(),
		Abandoned:       x.counts.abandoned.Load(),
		Panics:          x.counts.panics.Load(),
	}
	for fault := range stats.Unheard {
		stats.Unheard[fault] = x.counts.unheard[fault].Load()
	}
	for i := range stats.Failed {
		stats.Failed[i] = x.counts.failed[i].Load()
	}
	return stats
}

// countEnd counts how a call ended.
func (x *Exchange) countEnd(record CallRecord) {
	switch {
	case !record.Answered.IsZero():
		for media, codec := range record.legs {
			x.counts.heard.count(media.Score(codec))
			x.counts.told.count(media.RemoteScore(codec))
			x.counts.sound.count(media.Sound)
			x.counts.pictures.count(media)
		}
	case record.EndedBy == callerSide:
		x.counts.cancelled.Add(1)
	default:
		class := min(max(record.Cause.Status/100, 0), len(x.counts.failed)-1)
		x.counts.failed[class].Add(1)
	}
}
