package main

import (
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
	"sipbridge/web/admin"
)

// qualityMetrics tell how calls sounded.
func (s *service) qualityMetrics() []admin.Sample {
	stats := s.exchange.Stats()
	samples := []admin.Sample{scores("heard", stats.Heard), scores("told", stats.Told)}
	for fault := quality.Held + 1; fault < quality.FaultCount; fault++ {
		samples = append(samples, counter("calls_unheard_total", "How often a party of a call was found not to be heard.",
			stats.Unheard[fault], because(fault.String())))
	}
	samples = append(samples, soundMetrics(stats.Sound)...)
	return append(samples, pictureMetrics(stats.Pictures)...)
}

func soundMetrics(sound transcode.SoundStats) []admin.Sample {
	seconds := func(name, help string, length time.Duration) admin.Sample {
		sample := counter(name, help, 0)
		sample.Value = length.Seconds()
		return sample
	}
	return []admin.Sample{
		seconds("sound_decoded_seconds_total", "Sound of parties that was decoded, in calls that have ended.", sound.Decoded),
		seconds("sound_concealed_seconds_total", "Sound made up for what did not come.", sound.Concealed),
		seconds("sound_clipped_seconds_total", "Decoded sound that was too loud to be undistorted.", sound.Clipped),
		seconds("sound_silent_seconds_total", "Decoded sound in which nothing was to be heard.", sound.Silent),
		counter("sound_discarded_total", "Packets that came too late to be decoded.", sound.Discarded),
	}
}

func pictureMetrics(pictures bridge.PictureStats) []admin.Sample {
	frozen := counter("video_frozen_seconds_total", "How long pictures stood too long, in calls that have ended.", 0)
	frozen.Value = pictures.Frozen.Seconds()
	broken := counter("video_broken_seconds_total", "How long pictures could not be decoded for want of lost packets.", 0)
	broken.Value = pictures.Broken.Seconds()
	return []admin.Sample{
		frozen, broken,
		counter("video_packets_total", "Packets of pictures from parties of calls that have ended.", pictures.Packets),
		counter("video_packets_lost_total", "Packets of pictures from parties that never came.", pictures.Lost),
		counter("video_frames_total", "Pictures from parties of calls that have ended.", pictures.Frames),
		counter("video_freezes_total", "Pictures that stood too long, in calls that have ended.", pictures.Freezes),
		counter("video_keyframes_asked_total", "How often parties asked for a full picture.", pictures.Keyframes),
	}
}

func scores(way string, of bridge.Scores) admin.Sample {
	sample := admin.Sample{
		Name: "leg_mos", Kind: admin.Histogram, Value: of.Sum,
		Help: "Mean opinion scores of the legs of calls that have ended: of what came from a party, " +
			"and of what it got by its own reports.",
		Labels: []admin.Label{{Name: "way", Value: way}},
	}
	for i, bound := range bridge.ScoreBounds() {
		sample.Buckets = append(sample.Buckets, admin.Bucket{Bound: bound, Count: of.Buckets[i]})
	}
	return sample
}
