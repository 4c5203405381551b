// Package program runs another program, and sees to it that it ends.
package program

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Program is one that this one started.
type Program struct {
	command *exec.Cmd
	output  *tail

	gone chan struct{} // closed when the program has ended and its output is read
}

// Start starts a program; it must be stopped.
func Start(name string, args ...string) (*Program, error) {
	// It has to outlive whatever ends this program, to be told to end.
	command := exec.CommandContext(context.Background(), name, args...)
	// Should this program be killed, so is that one.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	output := &tail{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &Program{command: command, output: output, gone: make(chan struct{})}
	go func() {
		defer close(p.gone)
		_ = command.Wait() // stop looks at the exit code
	}()
	return p, nil
}

// PID is its process number.
func (p *Program) PID() int { return p.command.Process.Pid }

// Gone is closed when it has ended.
func (p *Program) Gone() <-chan struct{} { return p.gone }

// Written is how many bytes it has printed.
func (p *Program) Written() int64 { return p.output.written() }

// Output is the end of what it has printed.
func (p *Program) Output() string { return p.output.String() }

// ErrEnd says that a program did not end well.
var ErrEnd = errors.New("the program did not end well")

// Stop tells the program to end, kills it if it does not within the limit, and waits for it.
func (p *Program) Stop(limit time.Duration) error {
	told := p.command.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		told = errors.Join(fmt.Errorf("it still runs after %v", limit), p.command.Process.Kill())
		<-p.gone
	}
	if state := p.command.ProcessState; told != nil || !state.Success() {
		return fmt.Errorf("%w: %s: %w:\n%s", ErrEnd, state, told, p.output)
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
