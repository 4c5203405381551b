package recording

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sipbridge/bridge"
)

// Options says what is recorded, and where.
type Options struct {
	// Folder gets the files. Required.
	Folder string
	// Format is the usual one. Default: bridge.RecordedWAV.
	Format bridge.RecordingFormat
	// Header is the name of a header by which users and configured servers have their calls recorded: "yes", "true", "on"
	// or "1", and "wav" or "ogg" where that is to be the format. Empty: none does.
	Header string
	// Required refuses calls, with 503, that are to be recorded and cannot be. Else they go on without.
	Required bool
	// Most is how many calls are recorded at one time. Default: 1000.
	Most int
	// LeastFree is how many bytes must be free in the folder for a recording to begin, and to go on. Default: none.
	LeastFree uint64
	// Free tells how many bytes are free in a folder. Default: what the system says.
	Free func(folder string) (uint64, error)
	// Logger gets what goes wrong. Default: nothing is written.
	Logger *slog.Logger
}

// Recorder is the bridge.Recorder that writes files.
type Recorder struct {
	options Options
	copies  copies
	counts  counts

	// mu guards what follows.
	mu     sync.Mutex
	active int
	closed bool
	// running counts the goroutines of the recordings as active does; Close waits for it, after which none is added.
	running sync.WaitGroup
}

// Stats counts since the Recorder was made.
type Stats struct {
	// Active is the number of calls that are being recorded.
	Active int
	// Finished counts files, Failed those of them that could not be written whole. Refused counts recordings that could
	// not begin.
	Finished, Failed, Refused uint64
	// Missed counts packets that were left out because the disk or the machine was too slow; Unheard the ways whose codec
	// cannot be decoded.
	Missed, Unheard uint64
}

type counts struct{ finished, failed, refused, missed, unheard atomic.Uint64 }

// New makes a Recorder and its folder. The error is that of the folder.
func New(options Options) (*Recorder, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Free == nil {
		options.Free = free
	}
	if options.Format <= bridge.RecordedAsUsual {
		options.Format = bridge.RecordedWAV
	}
	if options.Most <= 0 {
		options.Most = 1000
	}
	if err := os.MkdirAll(options.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &Recorder{options: options}, nil
}

// Close refuses new recordings and waits until the files of all others are written. Those must have been closed, or be
// closed soon: their calls do so.
func (r *Recorder) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

// Record begins a recording.
func (r *Recorder) Record(
	call bridge.CallRecord, request bridge.Request, wanted bridge.RecordingFormat,
) (bridge.Recording, error) {
	format := r.format(request, wanted)
	if format == bridge.NotRecorded {
		return nil, nil
	}
	begun, err := r.begin(call, format)
	if err == nil {
		return begun, nil
	}
	r.counts.refused.Add(1)
	r.options.Logger.Error("call cannot be recorded", "call", call.ID, "error", err)
	if r.options.Required {
		return nil, bridge.Cause{Status: 503, Text: "Service Unavailable", Err: err}
	}
	return nil, nil
}

// format gives that of a call: what the rule names, else what the caller does, else the usual one.
func (r *Recorder) format(request bridge.Request, wanted bridge.RecordingFormat) bridge.RecordingFormat {
	if wanted <= bridge.RecordedAsUsual {
		wanted = max(wanted, r.asked(request))
	}
	if wanted == bridge.RecordedAsUsual {
		wanted = r.options.Format
	}
	return wanted
}

// asked tells what the caller wants, if he may: it costs disk space.
func (r *Recorder) asked(request bridge.Request) bridge.RecordingFormat {
	if r.options.Header == "" || request.Origin == bridge.OriginUnknown {
		return bridge.NotRecorded
	}
	for _, header := range request.Headers {
		if !strings.EqualFold(header.Name, r.options.Header) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(header.Value)) {
		case "yes", "true", "on", "1":
			return bridge.RecordedAsUsual
		case "wav":
			return bridge.RecordedWAV
		case "ogg":
			return bridge.RecordedOgg
		}
	}
	return bridge.NotRecorded
}

// begin makes the file and starts the recording's goroutine. Nothing of the file's name comes from the network.
func (r *Recorder) begin(call bridge.CallRecord, format bridge.RecordingFormat) (*recording, error) {
	if err := r.reserve(); err != nil {
		return nil, err
	}
	begun := &recording{
		recorder: r, began: time.Now(),
		name:  call.Started.UTC().Format("20060102-150405.000") + "_" + call.ID + suffix(format),
		queue: make(chan *copied, queueLength), closing: make(chan struct{}), pcm: make([]int16, sampleRate/10),
	}
	err := r.roomOnDisk()
	if err == nil {
		err = begun.create(r.options.Folder, format)
	}
	if err != nil {
		r.release()
		return nil, err
	}
	go func() { // until Close; Recorder.Close waits for release
		defer r.release()
		begun.run()
	}()
	return begun, nil
}

// reserve takes one of the places, or says why there is none.
func (r *Recorder) reserve() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return errNoRoom("shutting down")
	case r.active >= r.options.Most:
		return errNoRoom("too many calls are recorded")
	}
	r.active++
	r.running.Add(1)
	return nil
}

// release gives the place back.
func (r *Recorder) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active--
	r.running.Done()
}

// roomOnDisk says why nothing more may be written, or nil.
func (r *Recorder) roomOnDisk() error {
	if r.options.LeastFree == 0 {
		return nil
	}
	room, err := r.options.Free(r.options.Folder)
	if err == nil && room < r.options.LeastFree {
		return errNoRoom("too little is free on the disk")
	}
	return err
}

// free asks the system.
func free(folder string) (uint64, error) {
	var disk syscall.Statfs_t
	err := syscall.Statfs(folder, &disk)
	return disk.Bavail * uint64(disk.Bsize), err
}

// errNoRoom says why no recording can begin.
type errNoRoom string

func (e errNoRoom) Error() string { return "recording: " + string(e) }

func (r *Recorder) path(name string) string { return filepath.Join(r.options.Folder, name) }

// finished counts a recording that has ended.
func (r *Recorder) finished(name string, err error) {
	r.counts.finished.Add(1)
	if err != nil {
		r.counts.failed.Add(1)
		r.options.Logger.Error("recording is not whole", "file", name, "error", err)
	}
}

// Stats gives a snapshot.
func (r *Recorder) Stats() Stats {
	r.mu.Lock()
	active := r.active
	r.mu.Unlock()
	return Stats{
		Active: active, Finished: r.counts.finished.Load(), Failed: r.counts.failed.Load(),
		Refused: r.counts.refused.Load(), Missed: r.counts.missed.Load(), Unheard: r.counts.unheard.Load(),
	}
}
