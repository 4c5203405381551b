package toll

import "time"

// window counts what began within a time, to the call: no bucket that lets twice as many through at its edge. It
// remembers at most as many beginnings as are allowed.
type window struct {
	began []time.Time // the oldest first
}

// full tells whether as many as most have begun within length before now; 0 is no limit.
func (w *window) full(now time.Time, length time.Duration, most int) bool {
	if most == 0 {
		return false
	}
	for len(w.began) > 0 && now.Sub(w.began[0]) >= length {
		w.began = w.began[1:]
	}
	return len(w.began) >= most
}

// add notes a beginning where there is a limit.
func (w *window) add(now time.Time, most int) {
	if most > 0 {
		w.began = append(w.began, now)
	}
}

// until tells when the oldest beginning no longer counts.
func (w *window) until(length time.Duration) time.Time {
	if len(w.began) == 0 {
		return time.Time{}
	}
	return w.began[0].Add(length)
}

// newest tells when the last beginning was.
func (w *window) newest() time.Time {
	if len(w.began) == 0 {
		return time.Time{}
	}
	return w.began[len(w.began)-1]
}
