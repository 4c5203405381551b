package recording

import (
	"os"

	"sipbridge/bridge"
	"sipbridge/transcode/ogg"
	"sipbridge/transcode/wav"
)

const (
	// bitrate of Ogg files in bit/s: a third of a megabyte a minute, by CELT, in which neither party is heard at the
	// other's side.
	bitrate = 48000
	// complexity of their encoder, from 1 to 10. A minute of two voices takes 0.1 s of a processor at 1 and 0.2 s at 10
	// (ogg.BenchmarkWrite), and many calls are recorded at one time.
	complexity = 1
)

// file is what sound of both channels is written into.
type file interface {
	// Write appends samples, those of all channels in turn.
	Write(samples []int16) error
	// Sync makes the file whole so far; Close for good.
	Sync() error
	Close() error
}

// newFile begins one of a format, in an empty file of the disk.
func newFile(disk *os.File, format bridge.RecordingFormat) (file, error) {
	if format == bridge.RecordedOgg {
		return ogg.NewWriter(disk, ogg.WriterOptions{
			SampleRate: sampleRate, Channels: channels, Bitrate: bitrate, Complexity: complexity,
		})
	}
	return wav.NewWriter(disk, sampleRate, channels)
}

// suffix is what the names of such files end in.
func suffix(format bridge.RecordingFormat) string {
	if format == bridge.RecordedOgg {
		return ".opus"
	}
	return ".wav"
}
