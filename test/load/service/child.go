package service

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// child is a program that this one started.
type child struct {
	command *exec.Cmd
	output  *tail

	gone chan struct{} // closed when the program has ended and its output is read
}

// startChild starts a program; it must be stopped.
func startChild(name string, args ...string) (*child, error) {
	// It has to outlive whatever ends this program, to be told to end.
	command := exec.CommandContext(context.Background(), name, args...)
	// Should this program be killed, so is that one.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	output := &tail{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{command: command, output: output, gone: make(chan struct{})}
	go func() {
		defer close(c.gone)
		_ = command.Wait() // stop looks at the exit code
	}()
	return c, nil
}

func (c *child) pid() int { return c.command.Process.Pid }

var errChild = errors.New("the service did not end well")

// stop tells the program to end, kills it if it does not within the limit, and waits for it.
func (c *child) stop(limit time.Duration) error {
	told := c.command.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.gone:
	case <-timer.C:
		told = errors.Join(fmt.Errorf("it still runs after %v", limit), c.command.Process.Kill())
		<-c.gone
	}
	if state := c.command.ProcessState; told != nil || !state.Success() {
		return fmt.Errorf("%w: %s: %w:\n%s", errChild, state, told, c.output)
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte // guarded by mu
	size int64  // guarded by mu: of all that was written
}

const tailSize = 64 << 10 // bytes

// Write never fails.
func (t *tail) Write(more []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.size += int64(len(more))
	t.text = append(t.text, more...)
	if len(t.text) > 2*tailSize {
		t.text = append([]byte(nil), t.text[len(t.text)-tailSize:]...)
	}
	return len(more), nil
}

func (t *tail) written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
