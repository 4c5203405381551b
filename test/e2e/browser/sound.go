package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sipbridge/test/e2e/process"
)

// soundServer is a private PulseAudio with a null sink: without an audio output Firefox's AudioContext never runs. The
// sink takes sound in pieces of 50 ms as a sound card does; if it could rewind, it would take two seconds at once, and
// Firefox, whose clock it is, would neither send nor play anything meanwhile.
type soundServer struct {
	process *process.Process
	socket  string
}

func startSoundServer(options Options) (*soundServer, error) {
	home := filepath.Join(options.TempDir, "pulse")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("pulseaudio: %w", err)
	}
	socket := filepath.Join(home, "native")
	running, err := process.Start(process.Options{
		Tool: "pulseaudio", Package: "pulseaudio",
		Args: append([]string{
			"-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
			"--load=module-null-sink norewinds=1", "--load=module-native-protocol-unix auth-anonymous=1 socket=" + socket,
		}, modules(options)...),
		Env: []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "PULSE_RUNTIME_PATH=" + home, "DBUS_SESSION_BUS_ADDRESS="},
	})
	if err != nil {
		return nil, err
	}
	server := &soundServer{process: running, socket: socket}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(socket); err == nil {
			return server, nil
		}
		select {
		case <-running.Gone():
			return nil, fmt.Errorf("pulseaudio ended: %s", running.Output())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			server.stop()
			return nil, fmt.Errorf("pulseaudio gave no socket: %s", running.Output())
		}
	}
}

// modules are the devices that come beside the null sink.
func modules(options Options) []string {
	var loads []string
	for _, hertz := range options.Microphones {
		source := fmt.Sprintf("module-sine-source source_name=%s frequency=%d", sourceName(hertz), hertz)
		loads = append(loads, "--load="+source)
	}
	for _, name := range options.Speakers {
		sink := "module-null-sink norewinds=1 sink_name=" + name + " sink_properties=device.description=" + name
		loads = append(loads, "--load="+sink)
	}
	return loads
}

func sourceName(hertz int) string { return fmt.Sprintf("tone%d", hertz) }

// UnplugMicrophone takes away the microphone that gives this tone.
func (p *Page) UnplugMicrophone(hertz int) error {
	return p.browser.sound.unload("source_name=" + sourceName(hertz))
}

// UnplugSpeaker takes away the speaker of this name.
func (p *Page) UnplugSpeaker(name string) error { return p.browser.sound.unload("sink_name=" + name) }

// unload takes away the module with this argument.
func (s *soundServer) unload(argument string) error {
	listed, err := s.control("list", "short", "modules")
	if err != nil {
		return err
	}
	for line := range strings.Lines(listed) {
		if index, _, _ := strings.Cut(line, "\t"); slices.Contains(strings.Fields(line), argument) {
			_, err = s.control("unload-module", index)
			return err
		}
	}
	return fmt.Errorf("%w: no device %s", ErrNoDevice, argument)
}

// Playing gives the names of the speakers that something is played on.
func (p *Page) Playing() ([]string, error) {
	sinks, err := p.browser.sound.control("list", "short", "sinks")
	if err != nil {
		return nil, err
	}
	inputs, err := p.browser.sound.control("list", "short", "sink-inputs")
	if err != nil {
		return nil, err
	}
	var names []string
	for sink := range strings.Lines(sinks) {
		for input := range strings.Lines(inputs) {
			if on := strings.Fields(input); len(on) > 1 && on[1] == strings.Fields(sink)[0] {
				names = append(names, strings.Fields(sink)[1])
			}
		}
	}
	return slices.Compact(names), nil
}

// ErrNoDevice says that there is no such device, or that it is not the sound server's to take away.
var ErrNoDevice = errors.New("no such sound device")

// control has pactl do something, and gives what it prints.
func (s *soundServer) control(arguments ...string) (string, error) {
	if s == nil {
		return "", fmt.Errorf("%w: the browser makes up its own", ErrNoDevice)
	}
	path, err := process.Find("pactl", "pulseaudio-utils")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	printed, err := exec.CommandContext(ctx, path, append([]string{"--server=unix:" + s.socket}, arguments...)...).Output()
	if err != nil {
		return "", fmt.Errorf("pactl %v: %w", arguments, err)
	}
	return string(printed), nil
}

func (s *soundServer) stop() { s.process.Stop(3 * time.Second) }
