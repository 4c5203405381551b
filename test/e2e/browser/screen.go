package browser

import (
	"fmt"
	"regexp"
	"time"

	"sipbridge/test/e2e/process"
)

// The size of the screen that Options.Screen gives, which no camera has.
const (
	ScreenWidth  = 800
	ScreenHeight = 448
)

// screen is a private X server: Firefox has nothing to share without one, and runs beside it, not on it.
type screen struct {
	process *process.Process
	display string
}

// displayNumber is the number that Xvfb has found free.
var displayNumber = regexp.MustCompile(`(?m)^(\d+)$`)

func startScreen() (*screen, error) {
	running, err := process.Start(process.Options{
		Tool: "Xvfb", Package: "xvfb",
		Args: []string{
			"-displayfd", "1", "-screen", "0", fmt.Sprintf("%dx%dx24", ScreenWidth, ScreenHeight), "-nolisten", "tcp",
		},
	})
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(startLimit); ; {
		if found := displayNumber.FindStringSubmatch(running.Output()); found != nil {
			return &screen{process: running, display: ":" + found[1]}, nil
		}
		select {
		case <-running.Gone():
			return nil, fmt.Errorf("%w: Xvfb ended: %s", ErrGone, running.Output())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			running.Stop(time.Second)
			return nil, fmt.Errorf("%w: Xvfb gave no display: %s", ErrGone, running.Output())
		}
	}
}

func (s *screen) stop() { s.process.Stop(3 * time.Second) }
