package browser

import (
	"fmt"
	"os"
	"path/filepath"
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

func startSoundServer(tempDir string) (*soundServer, error) {
	home := filepath.Join(tempDir, "pulse")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("pulseaudio: %w", err)
	}
	socket := filepath.Join(home, "native")
	running, err := process.Start(process.Options{
		Tool: "pulseaudio", Package: "pulseaudio",
		Args: []string{
			"-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes",
			"--load=module-null-sink norewinds=1", "--load=module-native-protocol-unix auth-anonymous=1 socket=" + socket,
		},
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

func (s *soundServer) stop() { s.process.Stop(3 * time.Second) }
