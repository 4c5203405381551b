package webrtcmedia

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestNothingIsLeftBehind makes 50 calls in both port modes. It runs alone.
func TestNothingIsLeftBehind(t *testing.T) { //nolint:paralleltest // counts file descriptors
	for name, options := range map[string]EngineOptions{
		"shared port": {}, "port range": {FirstPort: 43000, LastPort: 43999},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			engine := newEngine(t, options)
			callOnce(t, engine) // what is opened once for all
			descriptors := openFiles(t)
			for range 50 {
				callOnce(t, engine)
			}
			eventually(t, "file descriptors", func() bool { return openFiles(t) <= descriptors })
			must(t, engine.Close())
			goleak.VerifyNone(t, before)
			if stats := engine.Stats(); stats.Open != 0 || stats.Opened != 51 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

func callOnce(t *testing.T, engine *Engine) {
	t.Helper()
	l := &leg{}
	session := engine.NewSession(Options{Events: l.events()})
	session.Receive(1, l)
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	stop := b.talk(111, 960)
	eventually(t, "audio", func() bool { return l.heard(111) > 0 })
	must(t, session.Close())
	stop()
	b.close()
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(files)
}
