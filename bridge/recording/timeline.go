package recording

import (
	"sipbridge/bridge"
)

const (
	// sampleRate of recordings, in Hz: wide band.
	sampleRate = 16000
	// channels are those of bridge.Channel.
	channels = 2
	// windowFrames is how much sound is held until it is written, in samples of each channel.
	windowFrames = 2 * sampleRate
	// mostOff is how far the sound of a party may be off the clock before it is put where it arrives: more than jitter
	// makes, and what a sender's clock that is 100 ppm off makes in 50 minutes.
	mostOff = 3 * sampleRate / 10
)

// timeline puts the sound of both parties side by side, by the time since the recording began. Positions are in samples
// of one channel. It belongs to one goroutine.
type timeline struct {
	write func(samples []int16) error
	// window has the samples of both channels in turn from start on, which is as far as was written.
	window []int16
	start  int64
	tracks [channels]track
}

// track is where one party's stream is.
type track struct {
	// ssrc is that of the stream whose next sample, by its timestamp next, belongs to position; valid if begun.
	ssrc, next uint32
	position   int64
	begun      bool
}

func newTimeline(write func(samples []int16) error) *timeline {
	return &timeline{write: write, window: make([]int16, channels*windowFrames)}
}

// put takes sound of a party that arrived at a position. Its timestamp says where it belongs as long as that agrees
// with the clock. The error is that of write.
func (t *timeline) put(channel bridge.Channel, ssrc, timestamp uint32, samples []int16, arrived int64) error {
	track := &t.tracks[channel]
	position := track.position + int64(int32(timestamp-track.next))
	if off := position - arrived; !track.begun || track.ssrc != ssrc || off > mostOff || off < -mostOff {
		position = arrived
	}
	*track = track.after(ssrc, timestamp, position, len(samples))
	if err := t.advance(position + int64(len(samples)) - windowFrames); err != nil {
		return err
	}
	if late := t.start - position; late > 0 {
		samples = samples[min(late, int64(len(samples))):]
		position = t.start
	}
	at := channels*int(position-t.start) + int(channel)
	for i, sample := range samples {
		t.window[at+channels*i] = sample
	}
	return nil
}

// after gives the track behind sound that was put somewhere.
func (track) after(ssrc, timestamp uint32, position int64, samples int) track {
	return track{ssrc: ssrc, next: timestamp + uint32(samples), position: position + int64(samples), begun: true}
}

// advance writes what is before a position. The error is that of write.
func (t *timeline) advance(position int64) error {
	for t.start < position {
		n := channels * int(min(position-t.start, windowFrames))
		err := t.write(t.window[:n])
		copy(t.window, t.window[n:])
		clear(t.window[len(t.window)-n:])
		t.start += int64(n / channels)
		if err != nil {
			return err
		}
	}
	return nil
}
