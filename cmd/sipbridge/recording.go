package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/builtin"
	"sipbridge/bridge/recording"
	"sipbridge/bridge/route"
	"sipbridge/configs"
	"sipbridge/transcode"
	"sipbridge/transcode/ogg"
	"sipbridge/transcode/pcm"
	"sipbridge/transcode/wav"
	"sipbridge/web/admin"
)

// longestAnnouncement is how long a caller is talked to at most.
const longestAnnouncement = 2 * time.Minute

// announcements play files of WAV or of Opus in Ogg, by the names of the files.
type announcements map[string]bridge.Endpoint

// loadAnnouncements reads all files that the configuration names. The error joins one for each bad file.
func loadAnnouncements(config *configs.Config) (announcements, error) {
	loaded := make(announcements)
	var faults []error
	for _, name := range config.AnnouncementFiles() {
		sound, err := loadSound(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("announcement %s: %w", name, err))
		}
		loaded[name] = builtin.Announcement(sound, transcode.EncoderOptions{})
	}
	return loaded, errors.Join(faults...)
}

func loadSound(name string) (pcm.Sound, error) {
	file, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return pcm.Sound{}, err
	}
	sound, err := readSound(bufio.NewReader(file))
	return sound, errors.Join(err, file.Close())
}

// readSound looks which of the two it is.
func readSound(file *bufio.Reader) (pcm.Sound, error) {
	const capture = "OggS"
	if begin, err := file.Peek(len(capture)); err == nil && string(begin) == capture {
		return ogg.Read(file, longestAnnouncement)
	}
	return wav.Read(file, longestAnnouncement)
}

// announcer tells callers why their calls fail; nil if there are no words for that.
func (a announcements) announcer(configured []configs.Announcement) bridge.Announcer {
	if len(configured) == 0 {
		return nil
	}
	return failures{configured, a}
}

// failures are the announcements of failures.
type failures struct {
	configured []configs.Announcement
	loaded     announcements
}

// Announcement gives the one that names the status, else one that names none.
func (f failures) Announcement(cause bridge.Cause) bridge.Endpoint {
	var others bridge.Endpoint
	for _, one := range f.configured {
		if slices.Contains(one.Statuses, cause.Status) {
			return f.loaded[one.File]
		}
		if len(one.Statuses) == 0 {
			others = f.loaded[one.File]
		}
	}
	return others
}

// addRecorder makes the folder of the recordings, if there are to be any.
func (s *service) addRecorder() error {
	const megabyte = 1 << 20
	options := s.config.Recording
	if options.Folder == "" {
		return nil
	}
	var err error
	s.recorder, err = recording.New(recording.Options{
		Folder: options.Folder, Format: recordingFormat(options.Format), Header: options.Header,
		Required: options.Required, Most: options.Most,
		LeastFree: uint64(options.LeastFree) * megabyte, Logger: s.log,
	})
	return err
}

// recordingFormat gives that of a word of the configuration.
func recordingFormat(word string) bridge.RecordingFormat {
	switch word {
	case "wav":
		return bridge.RecordedWAV
	case "ogg":
		return bridge.RecordedOgg
	default:
		return bridge.RecordedAsUsual
	}
}

// routeRule is a rule as the router has it.
func routeRule(configured configs.Route) route.Rule {
	rule := route.Rule{
		From: configured.From, Match: configured.Match, To: configured.To, Announce: configured.Announce,
	}
	if configured.Record {
		rule.Record = recordingFormat(configured.RecordFormat)
	}
	return rule
}

func (s *service) recordingMetrics() []admin.Sample {
	if s.recorder == nil {
		return nil
	}
	stats := s.recorder.Stats()
	return []admin.Sample{
		gauge("recordings_active", "Calls being recorded now.", float64(stats.Active)),
		counter("recordings_total", "Recordings that have ended.", stats.Finished),
		counter("recordings_failed_total", "Recordings that could not be written whole.", stats.Failed),
		counter("recordings_refused_total", "Recordings that could not begin.", stats.Refused),
		counter("recordings_missed_packets_total", "Packets left out of recordings.", stats.Missed),
		counter("recordings_unheard_total", "Ways whose codec cannot be recorded.", stats.Unheard),
	}
}
