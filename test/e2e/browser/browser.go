// Package browser drives a real browser: Go speaks JSON lines to driver.mjs, which drives Chromium or Firefox
// by puppeteer-core. One browser serves many pages, and a page is one phone.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/tone"
)

// Kind is which browser.
type Kind string

// The browsers of the tests.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
)

// Options says which browser to start, and with what.
type Options struct {
	Kind Kind
	// Dir is the folder of driver.mjs with its node_modules.
	Dir string
	// Origin of the test pages, which may use the microphone.
	Origin string
	// MicrophoneHz is the tone that the fake microphone gives.
	MicrophoneHz int
	// NoMicrophone leaves Chromium without microphone and camera.
	NoMicrophone bool
	// Microphones gives Chromium real ones, of PulseAudio, instead of devices that it makes up: each gives a tone, of so
	// many Hz. There is no camera then.
	Microphones []int
	// Speakers are the names of the real ones that are beside Microphones.
	Speakers []string
	// Screen gives Firefox a screen that a page can share. Chromium makes one up.
	Screen bool
	// Flags are more arguments for Chromium.
	Flags []string
	// TempDir takes the microphone's file, the sound server's socket, and what is downloaded.
	TempDir string
}

// Browser is one running browser. Its methods may be called from several goroutines.
type Browser struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	errors  *lastLines
	sound   *soundServer // nil for Chromium
	screen  *screen      // nil without Options.Screen

	writing sync.Mutex // serialises lines to stdin

	mu      sync.Mutex
	last    int                // guarded by mu
	waiting map[int]chan reply // guarded by mu
	console map[int][]string   // guarded by mu; by page, the last lines
	ready   chan string        // receives the version once
	gone    chan struct{}      // closed when the driver has ended
}

type reply struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
	Event string          `json:"event"`
	Page  int             `json:"page"`
	Text  string          `json:"text"`
}

// ErrPage is what the driver or the page itself reported.
var ErrPage = errors.New("page")

// ErrGone says that the browser's driver has ended.
var ErrGone = errors.New("the browser is gone")

// Start starts the browser; the caller must Stop it.
func Start(options Options) (*Browser, error) {
	tool, debianPackage := "chromium", "chromium"
	if options.Kind == Firefox {
		tool, debianPackage = "firefox-esr", "firefox-esr"
	}
	executable, err := process.Find(tool, debianPackage)
	if err != nil {
		return nil, err
	}
	node, err := process.Find("node", "nodejs")
	if err != nil {
		return nil, err
	}
	if _, err = os.Stat(filepath.Join(options.Dir, "node_modules", "puppeteer-core")); err != nil {
		return nil, fmt.Errorf("%w: puppeteer-core; run npm ci in test/e2e", process.ErrMissing)
	}
	microphone := filepath.Join(options.TempDir, "microphone.wav")
	if err = tone.WriteWAV(microphone, 48000, tone.Sine(float64(options.MicrophoneHz), 48000, 20)); err != nil {
		return nil, err
	}
	b := &Browser{
		waiting: map[int]chan reply{}, console: map[int][]string{},
		ready: make(chan string, 1), gone: make(chan struct{}), errors: &lastLines{},
	}
	environment := os.Environ()
	realSound := len(options.Microphones) > 0
	if options.Kind == Firefox || realSound {
		if b.sound, err = startSoundServer(options); err != nil {
			return nil, err
		}
		environment = append(environment, "PULSE_SERVER=unix:"+b.sound.socket, "HOME="+options.TempDir)
	}
	if options.Screen {
		if b.screen, err = startScreen(); err != nil {
			b.stopParts()
			return nil, err
		}
		environment = append(environment, "DISPLAY="+b.screen.display)
	}
	settings, err := json.Marshal(map[string]any{
		"kind": options.Kind, "executable": executable, "microphone": microphone,
		"origin": options.Origin, "toneHz": options.MicrophoneHz,
		"noMicrophone": options.NoMicrophone || realSound, "flags": options.Flags, "downloads": options.TempDir,
	})
	if err != nil {
		return nil, fmt.Errorf("driver options: %w", err)
	}
	b.command = exec.CommandContext(context.Background(), node, "driver.mjs", string(settings))
	b.command.Dir, b.command.Env, b.command.Stderr = options.Dir, environment, b.errors
	if err := b.run(); err != nil {
		b.Stop()
		return nil, err
	}
	return b, nil
}

// startLimit is generous: both cores may be busy with other packages' tests.
const startLimit = 90 * time.Second

func (b *Browser) run() error {
	b.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.command.WaitDelay = 2 * time.Second
	stdin, err := b.command.StdinPipe()
	if err != nil {
		return fmt.Errorf("driver: %w", err)
	}
	b.stdin = stdin
	stdout, err := b.command.StdoutPipe()
	if err != nil {
		return fmt.Errorf("driver: %w", err)
	}
	if err := b.command.Start(); err != nil {
		return fmt.Errorf("driver: %w", err)
	}
	go b.read(stdout)
	select {
	case <-b.ready:
		return nil
	case <-b.gone:
		return fmt.Errorf("%w before it was ready: %s", ErrGone, b.errors)
	case <-time.After(startLimit):
		return fmt.Errorf("no browser after %v: %s", startLimit, b.errors)
	}
}

// read hands each reply to whoever waits for it, until the driver ends.
func (b *Browser) read(stdout io.Reader) {
	defer close(b.gone)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r reply
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue // a library that prints to the driver's stdout is not our business
		}
		switch r.Event {
		case "ready":
			b.ready <- r.Text
		case "console":
			b.keepConsole(r.Page, r.Text)
		default:
			b.mu.Lock()
			waiting := b.waiting[r.ID]
			delete(b.waiting, r.ID)
			b.mu.Unlock()
			if waiting != nil {
				waiting <- r
			}
		}
	}
	_ = b.command.Wait() // how it ended is told by errors
}

const consoleLines = 60

func (b *Browser) keepConsole(page int, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := append(b.console[page], text)
	b.console[page] = kept[max(0, len(kept)-consoleLines):]
}

// askLimit bounds one command; the page's own waits are shorter.
const askLimit = 60 * time.Second

// ask sends one command and decodes its value into into, unless that is nil.
func (b *Browser) ask(command map[string]any, into any) error {
	answer := make(chan reply, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waiting[id] = answer
	b.mu.Unlock()
	command["id"] = id
	line, err := json.Marshal(command)
	if err != nil {
		return fmt.Errorf("browser command: %w", err)
	}
	b.writing.Lock()
	_, err = b.stdin.Write(append(line, '\n'))
	b.writing.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %s", ErrGone, b.errors)
	}
	select {
	case r := <-answer:
		return decode(r, into)
	case <-b.gone:
		return fmt.Errorf("%w: %s", ErrGone, b.errors)
	case <-time.After(askLimit):
		return fmt.Errorf("%w: no answer to %v after %v", ErrPage, command["do"], askLimit)
	}
}

func decode(r reply, into any) error {
	if r.Error != "" {
		return fmt.Errorf("%w: %s", ErrPage, r.Error)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(r.Value, into); err != nil {
		return fmt.Errorf("value from the page: %w", err)
	}
	return nil
}

// Stop closes the browser and waits until it, its driver and its sound server are gone.
func (b *Browser) Stop() {
	if b.stdin != nil {
		_ = b.stdin.Close() // the driver closes the browser when its input ends
	}
	if b.command.Process != nil {
		select {
		case <-b.gone:
		case <-time.After(15 * time.Second):
		}
		_ = syscall.Kill(-b.command.Process.Pid, syscall.SIGKILL) // whatever is left of the group
		<-b.gone
	}
	b.stopParts()
}

// stopParts stops what was started beside the browser.
func (b *Browser) stopParts() {
	if b.sound != nil {
		b.sound.stop()
	}
	if b.screen != nil {
		b.screen.stop()
	}
}

// lastLines keeps the end of what the driver says on stderr.
type lastLines struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *lastLines) Write(more []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 1<<16 {
		l.text.Write(more)
	}
	return len(more), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
