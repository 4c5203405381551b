package film

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Sight is what the eyes have seen.
type Sight struct {
	// Pictures counts them.
	Pictures int
	// Frozen is how long pictures stood that stood too long: three times as long as usual, and 150 ms longer (W3C
	// webrtc-stats, freezeCount). Longest is how long one stood at most. Both by the timestamps of their packets, so that
	// a busy machine counts only where pictures are missing.
	Frozen, Longest time.Duration
}

func (s Sight) String() string {
	return fmt.Sprintf("%d pictures, frozen for %v, the longest stood for %v", s.Pictures, s.Frozen, s.Longest)
}

// Sight tells what was seen so far.
func (f *Film) Sight() Sight { return sightOf(f.eyes.Output()) }

// sightOf reads what ffmpeg's filter showinfo prints of each picture.
func sightOf(output string) Sight {
	const margin = 150 * time.Millisecond
	var (
		sight        Sight
		before, seen time.Duration
	)
	for _, found := range regexp.MustCompile(` pts_time:([\d.]+)`).FindAllStringSubmatch(output, -1) {
		seconds, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			continue
		}
		at := time.Duration(seconds * float64(time.Second))
		if sight.Pictures++; sight.Pictures > 1 {
			stood := at - before
			sight.Longest = max(sight.Longest, stood)
			// The usual one, before it.
			usual := seen / time.Duration(max(sight.Pictures-2, 1))
			if sight.Pictures > 2 && stood > max(3*usual, usual+margin) {
				sight.Frozen += stood
			}
			seen += stood
		}
		before = at
	}
	return sight
}
