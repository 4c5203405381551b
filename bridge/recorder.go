package bridge

import "sipbridge/transcode"

// Channel is where a party is heard in a recording.
type Channel uint8

// The channels: left and right.
const (
	CallerChannel Channel = iota
	CalleeChannel
)

// RecordingFormat is what a call is recorded in, if it is.
type RecordingFormat uint8

// The formats. RecordedAsUsual is the one that the Recorder prefers.
const (
	NotRecorded RecordingFormat = iota
	RecordedAsUsual
	RecordedWAV
	RecordedOgg
)

// Recorder records the sound of calls.
type Recorder interface {
	// Record begins the recording of a call that is about to be answered. Wanted is what a rule asks for; the request
	// may, too. It gives nil if the call is not recorded, and a Cause as error if it may not go on without.
	Record(call CallRecord, request Request, wanted RecordingFormat) (Recording, error)
}

// recordingOf gives what the first target that is to be recorded asks for.
func recordingOf(targets []Target) RecordingFormat {
	for _, target := range targets {
		if target.Record != NotRecorded {
			return target.Record
		}
	}
	return NotRecorded
}

// Recording is that of one call.
type Recording interface {
	// Name is that of its file.
	Name() string
	// Tap gives a writer that passes the packets of a party, which come in these formats, on to another writer, and
	// records them beside that without holding them up. It takes the place of the channel's last one.
	Tap(channel Channel, formats []transcode.Format, to transcode.PacketWriter) transcode.PacketWriter
	// Close ends it. It does not wait for the file, and packets that come later pass on unrecorded.
	Close()
}

// startRecording begins to record the call, if it is to be.
func (c *call) startRecording() error {
	if c.exchange.options.Recorder == nil || c.recording != nil {
		return nil
	}
	recording, err := c.exchange.options.Recorder.Record(c.record, c.request, c.recorded)
	if err != nil || recording == nil {
		return err
	}
	c.recording, c.record.Recording = recording, recording.Name()
	return nil
}

// tapped puts the recording into the way of a party's sound.
func (c *call) tapped(
	kind transcode.Kind, from *side, formats []transcode.Format, to transcode.PacketWriter,
) transcode.PacketWriter {
	if kind != transcode.Audio || c.recording == nil {
		return to
	}
	channel := CallerChannel
	if from == &c.callee {
		channel = CalleeChannel
	}
	return c.recording.Tap(channel, formats, to)
}
