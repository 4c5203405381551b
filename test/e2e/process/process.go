// Package process runs the real programs that the end-to-end tests talk to, and owns what becomes of them:
// each one is stopped, waited for, and its output kept for the report of a failed test.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options says what to run.
type Options struct {
	// Tool is the program's name on PATH, or its path.
	Tool string
	// Package is the Debian package that has the tool, named when it is missing.
	Package string
	// Args are the arguments.
	Args []string
	// Env is added to this process's environment, as "NAME=value".
	Env []string
	// Dir is the working directory; empty means this process's.
	Dir string
	// Orphaned is the signal that the program gets when a test is killed and runs no clean-up; default SIGKILL.
	Orphaned syscall.Signal
}

// Process is one running program. Its output is kept, at most its last megabyte.
type Process struct {
	command *exec.Cmd
	output  *tail
	name    string

	gone chan struct{}
	err  error // set before gone is closed
}

// ErrMissing says that a real part is not installed.
var ErrMissing = errors.New("a tool of the end-to-end tests is missing")

// Start runs the program; the caller must Stop it or Wait for it.
func Start(options Options) (*Process, error) {
	path, err := Find(options.Tool, options.Package)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(context.Background(), path, options.Args...)
	command.Dir = options.Dir
	command.Env = append(os.Environ(), options.Env...)
	if options.Orphaned == 0 {
		options.Orphaned = syscall.SIGKILL
	}
	// A group of its own, so that what the program starts goes with it. The kernel sends the signal when the thread
	// that started the program ends; Go keeps its threads.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: options.Orphaned}
	// A grandchild that keeps our pipe open must not keep Wait from returning.
	command.WaitDelay = 2 * time.Second
	output := &tail{}
	command.Stdout = output
	command.Stderr = output
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", options.Tool, err)
	}
	p := &Process{command: command, output: output, name: options.Tool, gone: make(chan struct{})}
	go p.await()
	return p, nil
}

// Find gives the path of a tool, or an error that names the package to install.
func Find(tool, debianPackage string) (string, error) {
	path, err := exec.LookPath(tool)
	if err != nil {
		return "", fmt.Errorf("%w: %s; apt-get install %s", ErrMissing, tool, debianPackage)
	}
	return path, nil
}

func (p *Process) await() {
	p.err = p.command.Wait()
	close(p.gone)
}

// PID is the number of the program's process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Output is what the program has printed so far.
func (p *Process) Output() string { return p.output.String() }

// Gone is closed when the program has ended.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Wait waits for the program to end by itself and returns its exit code; -1 when a signal ended it.
func (p *Process) Wait(limit time.Duration) (int, error) {
	select {
	case <-p.gone:
		return p.command.ProcessState.ExitCode(), nil
	case <-time.After(limit):
		return -1, fmt.Errorf("%s still runs after %v", p.name, limit)
	}
}

// Signal sends a signal to the program alone.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// Stop asks the program to end by SIGTERM, ends it and its children by SIGKILL after the limit, and waits.
func (p *Process) Stop(limit time.Duration) {
	_ = p.command.Process.Signal(syscall.SIGTERM) // gone already is fine
	select {
	case <-p.gone:
	case <-time.After(limit):
	}
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // the group, which may outlive its leader
	<-p.gone
}

// WaitOutput waits until the output holds the text, the program ends, or the time is over.
func (p *Process) WaitOutput(text string, limit time.Duration) error {
	deadline := time.After(limit)
	for {
		if strings.Contains(p.Output(), text) {
			return nil
		}
		select {
		case <-p.gone:
			return fmt.Errorf("%s ended (%w) before it printed %q:\n%s", p.name, p.err, text, p.Output())
		case <-deadline:
			return fmt.Errorf("%s did not print %q in %v:\n%s", p.name, text, limit, p.Output())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tail keeps the last megabyte written to it.
type tail struct {
	mu   sync.Mutex
	text []byte // guarded by mu
}

const tailLimit = 1 << 20

func (t *tail) Write(more []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, more...)
	if len(t.text) > 2*tailLimit {
		t.text = append([]byte(nil), t.text[len(t.text)-tailLimit:]...)
	}
	return len(more), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
