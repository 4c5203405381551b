package measure

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestProcessReadsItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "stat"), "42 (a ) name) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 7 7 20 0 9 0 100 1 1 1\n")
	write(t, filepath.Join(dir, "status"), "Name:\tx\nVmHWM:\t  900 kB\nVmRSS:\t     800 kB\nRssAnon:\t 1 kB\n")
	p := Process{Dir: dir}
	if cpu, err := p.CPU(); err != nil || cpu != 2*time.Second {
		t.Errorf("CPU %v, %v", cpu, err)
	}
	if rss, err := p.RSS(); err != nil || rss != 800*1024 {
		t.Errorf("RSS %d, %v", rss, err)
	}
}

func TestProcessSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := Process{Dir: dir}
	if _, err := p.CPU(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	write(t, filepath.Join(dir, "stat"), "nothing")
	write(t, filepath.Join(dir, "status"), "nothing")
	if _, err := p.CPU(); !errors.Is(err, ErrProc) {
		t.Errorf("bad stat: %v", err)
	}
	if _, err := p.RSS(); !errors.Is(err, ErrProc) {
		t.Errorf("bad status: %v", err)
	}
}

func TestThisProcessAndMachine(t *testing.T) {
	t.Parallel()
	p := ProcessOf(os.Getpid())
	if rss, err := p.RSS(); err != nil || rss <= 0 {
		t.Errorf("RSS %d, %v", rss, err)
	}
	if _, err := p.CPU(); err != nil {
		t.Error(err)
	}
	if busy, err := BusyTime(); err != nil || busy <= 0 {
		t.Errorf("busy %v, %v", busy, err)
	}
	if m := ThisMachine(); m.Cores < 1 || m.Kernel == "" {
		t.Errorf("%+v", m)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
