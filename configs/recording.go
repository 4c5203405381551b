package configs

import (
	"fmt"
	"strings"

	"sipbridge/sipua/headers"
)

// Announcement is what callers hear whose calls fail.
type Announcement struct {
	// Statuses are those of the failures; empty for all others.
	Statuses []int `mapstructure:"statuses"`
	// File is one of WAV or of Opus in Ogg.
	File string `mapstructure:"file"`
}

// Recording says where calls are recorded, and which beside those of Routes.
type Recording struct {
	// Folder gets the files; empty for none.
	Folder string `mapstructure:"folder"`
	// Format is "wav" or "ogg", where neither a route nor a caller names one.
	Format string `mapstructure:"format"`
	// Header is the one by which callers have their calls recorded; empty for none.
	Header string `mapstructure:"header"`
	// Required refuses calls that cannot be recorded though they should.
	Required bool `mapstructure:"required"`
	// Most is how many calls are recorded at one time.
	Most int `mapstructure:"most"`
	// LeastFree is how much has to be free in Folder, in megabytes.
	LeastFree int `mapstructure:"least_free"`
}

// AnnouncementFiles are all files of sound that callers may hear, each once.
func (c *Config) AnnouncementFiles() []string {
	var files []string
	seen := map[string]bool{"": true}
	add := func(file string) {
		if !seen[file] {
			seen[file] = true
			files = append(files, file)
		}
	}
	for _, route := range c.Routes {
		add(route.Announce)
	}
	for _, announcement := range c.Announcements {
		add(announcement.File)
	}
	return files
}

func (c *Config) checkRecording(found *faults) {
	seen := map[int]bool{}
	for i, announcement := range c.Announcements {
		if announcement.File == "" {
			found.add("announcements[%d].file: a file of sound is needed", i)
		}
		for _, status := range announcement.Statuses {
			if status < 300 || status > 699 || seen[status] {
				found.add("announcements[%d].statuses: %d is not one of 300 to 699, or there twice", i, status)
			}
			seen[status] = true
		}
	}
	if c.Recording.Most < 1 {
		found.add("recording.most: %d is not above 0", c.Recording.Most)
	}
	if c.Recording.LeastFree < 0 {
		found.add("recording.least_free: %d is below 0", c.Recording.LeastFree)
	}
	c.checkRecordingHeader(found)
	c.checkRecorded(found)
}

// checkRecordingHeader says whether callers would ask for nothing by the header, because it never comes into a call.
func (c *Config) checkRecordingHeader(found *faults) {
	name := c.Recording.Header
	if strings.ContainsAny(name, ": \t\r\n") {
		found.add("recording.header: %q is no name of a header", name)
		return
	}
	policy, err := headers.New(c.Headers.Pass, c.Headers.Strip)
	if name != "" && err == nil && !policy.InCall(name, headers.User) {
		found.add("recording.header: %s comes into no call; name it in headers.pass, and not in headers.strip", name)
	}
}

// checkRecorded says which calls are to be recorded and cannot be.
func (c *Config) checkRecorded(found *faults) {
	format := func(key, value string) {
		if value != "wav" && value != "ogg" {
			found.add("%s: %q is neither wav nor ogg", key, value)
		}
	}
	format("recording.format", c.Recording.Format)
	for i, route := range c.Routes {
		if route.RecordFormat != "" {
			format(fmt.Sprintf("routes[%d].record_format", i), route.RecordFormat)
		}
		if route.RecordFormat != "" && !route.Record {
			found.add("routes[%d].record_format: without record: true, nothing is recorded", i)
		}
		if route.Record && c.Recording.Folder == "" {
			found.add("routes[%d].record: recording.folder is empty", i)
		}
		if route.Record && c.Call.Breaker != "always" {
			found.add("routes[%d].record: with call.breaker asked, calls pass that cannot be recorded", i)
		}
	}
	if c.Recording.Header != "" && c.Recording.Folder == "" {
		found.add("recording.header: recording.folder is empty")
	}
}
