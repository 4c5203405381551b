package program

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

func TestProgramEndsWhenTold(t *testing.T) {
	t.Parallel()
	c := shell(t, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done")
	awaitReady(t, c)
	if err := c.Stop(patience); err != nil {
		t.Error(err)
	}
}

func TestProgramIsKilledInTheEnd(t *testing.T) {
	t.Parallel()
	c := shell(t, "trap '' TERM; echo ready; while :; do sleep 0.01; done")
	awaitReady(t, c)
	if err := c.Stop(50 * time.Millisecond); !errors.Is(err, ErrEnd) || !strings.Contains(err.Error(), "ready") {
		t.Errorf("got %v", err)
	}
}

func TestProgramThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	c := shell(t, "echo broken; exit 3")
	<-c.gone
	if err := c.Stop(patience); !errors.Is(err, ErrEnd) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if _, err := Start("/nonexistent"); err == nil {
		t.Error("a missing program started")
	}
}

func shell(t *testing.T, script string) *Program {
	t.Helper()
	c, err := Start("/bin/sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func awaitReady(t *testing.T, c *Program) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !strings.Contains(c.output.String(), "ready") {
		if time.Now().After(deadline) {
			t.Fatal("the program says nothing")
		}
		time.Sleep(time.Millisecond)
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
