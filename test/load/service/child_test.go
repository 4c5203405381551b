package service

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

func TestChildEndsWhenTold(t *testing.T) {
	t.Parallel()
	c := shell(t, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done")
	awaitReady(t, c)
	if err := c.stop(patience); err != nil {
		t.Error(err)
	}
}

func TestChildIsKilledInTheEnd(t *testing.T) {
	t.Parallel()
	c := shell(t, "trap '' TERM; echo ready; while :; do sleep 0.01; done")
	awaitReady(t, c)
	if err := c.stop(50 * time.Millisecond); !errors.Is(err, errChild) || !strings.Contains(err.Error(), "ready") {
		t.Errorf("got %v", err)
	}
}

func TestChildThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	c := shell(t, "echo broken; exit 3")
	<-c.gone
	if err := c.stop(patience); !errors.Is(err, errChild) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if _, err := startChild("/nonexistent"); err == nil {
		t.Error("a missing program started")
	}
}

func shell(t *testing.T, script string) *child {
	t.Helper()
	c, err := startChild("/bin/sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func awaitReady(t *testing.T, c *child) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !strings.Contains(c.output.String(), "ready") {
		if time.Now().After(deadline) {
			t.Fatal("the program says nothing")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestPortsAreDifferent(t *testing.T) {
	t.Parallel()
	ports, err := freePorts(t.Context(), 3)
	if err != nil || len(ports) != 3 || ports[0] == ports[1] || ports[1] == ports[2] || ports[0] == ports[2] {
		t.Errorf("got %v, %v", ports, err)
	}
	if _, err := freePorts(t.Context(), 1<<20); !errors.Is(err, errNoPort) {
		t.Errorf("of too many: %v", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()
	kept := &tail{}
	for range 5 {
		_, _ = kept.Write([]byte(strings.Repeat("a", tailSize)))
	}
	_, _ = kept.Write([]byte("end"))
	if kept.written() != 5*tailSize+3 {
		t.Errorf("%d bytes counted", kept.written())
	}
	if text := kept.String(); len(text) > 2*tailSize || !strings.HasSuffix(text, "end") {
		t.Errorf("%d bytes kept", len(text))
	}
}
