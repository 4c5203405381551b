package bridge

import (
	"log/slog"
	"math"
	"time"

	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// mediaGroup logs one leg's media: path is the way of its packets. What there was none of is left out: pictures,
// decoded sound, scores that nothing is known of, and all where nobody answered and nothing came or went.
func (r CallRecord) mediaGroup(name, path, codec string, stats MediaStats) slog.Attr {
	if r.Answered.IsZero() && stats.Audio.Received+stats.Audio.Sent+stats.Video.Received+stats.Video.Sent == 0 {
		return slog.Attr{}
	}
	attributes := append([]slog.Attr{slog.String("path", path)}, streamStory(stats.Audio)...)
	attributes = append(attributes, scoreStory("mos", stats.Score(codec))...)
	attributes = append(attributes, scoreStory("mos_there", stats.RemoteScore(codec))...)
	attributes = append(attributes, soundStory(stats.Sound)...)
	if stats.Video.Received+stats.Video.Sent > 0 {
		attributes = append(attributes, slog.GroupAttrs("video", pictureStory(stats)...))
	}
	return slog.GroupAttrs(name, attributes...)
}

// streamStory tells what was measured; the losses are those on the way from and to the party.
func streamStory(stats quality.Stats) []slog.Attr {
	return []slog.Attr{
		slog.Uint64("received", stats.Received), slog.Uint64("lost", stats.Lost), slog.Uint64("late", stats.Late),
		slog.Uint64("sent", stats.Sent), slog.Uint64("lost_there", stats.RemoteLost),
		slog.String("round_trip", brief(stats.RoundTrip)), slog.String("jitter", brief(stats.Jitter)),
		slog.String("jitter_there", brief(stats.RemoteJitter)),
	}
}

// pictureStory tells of pictures what can be seen without decoding them.
func pictureStory(stats MediaStats) []slog.Attr {
	return append(streamStory(stats.Video),
		slog.Uint64("frames", stats.Video.Frames), slog.Uint64("freezes", stats.Video.Freezes),
		slog.String("frozen", brief(stats.Video.Frozen)), slog.String("broken", brief(stats.Broken)),
		slog.Uint64("keyframes_asked", stats.Keyframes))
}

func scoreStory(name string, score float64) []slog.Attr {
	if score == 0 {
		return nil
	}
	return []slog.Attr{slog.Float64(name, math.Round(score*100)/100)}
}

func soundStory(sound transcode.SoundStats) []slog.Attr {
	if sound.Decoded == 0 {
		return nil
	}
	return []slog.Attr{
		slog.String("decoded", brief(sound.Decoded)), slog.String("concealed", brief(sound.Concealed)),
		slog.String("clipped", brief(sound.Clipped)), slog.String("silent", brief(sound.Silent)),
		slog.Uint64("discarded", sound.Discarded),
	}
}

// brief prints a length of time to the tenth of a millisecond.
func brief(length time.Duration) string { return length.Round(100 * time.Microsecond).String() }
