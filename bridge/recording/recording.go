package recording

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

const (
	// queueLength is how many packets wait to be recorded: more than a second of both parties.
	queueLength = 128
	// settled is how long sound may still come for a moment that is past.
	settled = time.Second
	// flushEvery and syncEvery are how often sound is written, and the file made whole.
	flushEvery = 500 * time.Millisecond
	syncEvery  = 5 * time.Second
	// partSuffix is that of files that are not finished.
	partSuffix = ".part"
	// mostPayload is the longest payload that is recorded, in bytes.
	mostPayload = 4096
)

// recording is that of one call. Its goroutine, run, owns what is below the line.
type recording struct {
	recorder *Recorder
	name     string
	began    time.Time
	queue    chan *copied
	// closing is closed by the first Close.
	closing   chan struct{}
	closeOnce sync.Once

	// ---- owned by run ----

	disk     *os.File
	sound    file
	timeline *timeline
	synced   time.Time
	// pcm is room for one packet's samples, arrived is the position of the packet being decoded.
	pcm     []int16
	arrived int64
	// failed is the first error of writing; nothing is written after it.
	failed error
}

// Name is that of the file, in the recorder's folder.
func (r *recording) Name() string { return r.name }

// Tap gives the way on through the recording.
func (r *recording) Tap(
	channel bridge.Channel, formats []transcode.Format, to transcode.PacketWriter,
) transcode.PacketWriter {
	if t := newTap(r, channel, formats, to); t != nil {
		return t
	}
	r.recorder.counts.unheard.Add(1)
	return to
}

// Close ends the recording.
func (r *recording) Close() { r.closeOnce.Do(func() { close(r.closing) }) }

// take copies a packet into the queue.
func (r *recording) take(from *tap, packet *rtp.Packet) {
	if len(packet.Payload) > mostPayload {
		return
	}
	c := r.recorder.copies.get()
	c.tap, c.arrived = from, position(time.Since(r.began))
	c.payload = append(c.payload[:0], packet.Payload...)
	c.packet.Header = rtp.Header{
		Version: 2, Marker: packet.Marker, PayloadType: packet.PayloadType,
		SequenceNumber: packet.SequenceNumber, Timestamp: packet.Timestamp, SSRC: packet.SSRC,
	}
	c.packet.Payload = c.payload
	select {
	case <-r.closing:
	case r.queue <- c:
		return
	default:
		r.recorder.counts.missed.Add(1)
	}
	r.recorder.copies.put(c)
}

// position gives how many samples belong to a time.
func position(length time.Duration) int64 { return int64(length) * sampleRate / int64(time.Second) }

// create makes the file.
func (r *recording) create(folder string, format bridge.RecordingFormat) error {
	path := filepath.Join(folder, r.name+partSuffix)
	disk, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // folder and name are ours
	if err != nil {
		return err
	}
	if r.sound, err = newFile(disk, format); err != nil {
		return errors.Join(err, disk.Close(), os.Remove(disk.Name()))
	}
	r.disk, r.timeline = disk, newTimeline(r.sound.Write)
	return nil
}

// run records until Close.
func (r *recording) run() {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case c := <-r.queue:
			r.decode(c)
		case <-ticker.C:
			r.flush(time.Since(r.began) - settled)
		case <-r.closing:
			length := time.Since(r.began)
			for len(r.queue) > 0 {
				r.decode(<-r.queue)
			}
			r.flush(length)
			r.finish()
			return
		}
	}
}

func (r *recording) decode(c *copied) {
	if r.failed == nil {
		r.arrived = c.arrived
		// What cannot be decoded the pipe counts and leaves out; the error is that of writing.
		r.failed = c.tap.pipe.WriteRTP(&c.packet)
	}
	r.recorder.copies.put(c)
}

// flush writes the sound up to a time, and now and then makes the file whole and looks whether there is room for more.
func (r *recording) flush(until time.Duration) {
	if r.failed == nil {
		r.failed = r.timeline.advance(position(until))
	}
	if r.failed == nil && time.Since(r.synced) > syncEvery {
		r.synced = time.Now()
		r.failed = errors.Join(r.sound.Sync(), r.recorder.roomOnDisk())
	}
}

// finish gives the file its name. One that could not be written whole gets it too, as far as it goes.
func (r *recording) finish() {
	err := errors.Join(r.failed, r.sound.Close(), r.disk.Close(), os.Rename(r.disk.Name(), r.recorder.path(r.name)))
	r.recorder.finished(r.name, err)
}
