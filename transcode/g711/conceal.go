package g711

const (
	// historySize is how much sound is kept: two of the longest pitch periods.
	historySize = 2 * maxPitch
	// minPitch and maxPitch bound the period that is looked for, in samples: 400 Hz to 66 Hz, as in
	// ITU-T G.711 appendix I.
	minPitch = SampleRate / 400
	maxPitch = SampleRate / 66
	// fadeSize is the length of the fade-out in samples: 60 ms.
	fadeSize = SampleRate * 60 / 1000
)

// concealer is a simple form of ITU-T G.711 appendix I: it goes on with the last pitch period and fades it out.
type concealer struct {
	history [historySize]int16
	// pitch is the period being repeated, 0 while there is no hole.
	pitch int
	// filled counts the samples of the hole so far.
	filled int
}

// heard takes in good sound.
func (c *concealer) heard(pcm []int16) {
	c.pitch, c.filled = 0, 0
	if len(pcm) >= historySize {
		copy(c.history[:], pcm[len(pcm)-historySize:])
		return
	}
	copy(c.history[:], c.history[len(pcm):])
	copy(c.history[historySize-len(pcm):], pcm)
}

// fill makes sound for a hole; it may be called several times for one.
func (c *concealer) fill(pcm []int16) {
	if c.pitch == 0 {
		c.pitch = c.findPitch()
	}
	period := c.history[historySize-c.pitch:]
	for i := range pcm {
		gain := max(fadeSize-c.filled, 0)
		pcm[i] = int16(int(period[c.filled%c.pitch]) * gain / fadeSize)
		c.filled++
	}
}

// findPitch gives the lag at which the history looks most like itself: the one with the least
// difference for its length.
func (c *concealer) findPitch() int {
	best, least := maxPitch, -1
	recent := c.history[historySize-maxPitch:]
	for lag := minPitch; lag <= maxPitch; lag++ {
		earlier := c.history[historySize-maxPitch-lag:]
		difference := 0
		for i := 0; i < maxPitch; i += 2 {
			difference += abs(int(recent[i]) - int(earlier[i]))
		}
		if least < 0 || difference < least {
			best, least = lag, difference
		}
	}
	return best
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
