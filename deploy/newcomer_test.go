package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a folder of commands that a set-up script finds, and nothing else.
type machine struct {
	t   *testing.T
	bin string
}

// newMachine gives a machine with the plain tools and these commands, name to shell script. Each
// command can write to $LOG.
func newMachine(t *testing.T, commands map[string]string) machine {
	t.Helper()
	m := machine{t: t, bin: t.TempDir()}
	for _, tool := range []string{"sh", "sed", "dirname", "cat", "env", "chmod"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(m.bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range commands {
		if err := os.WriteFile(filepath.Join(m.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// run executes a script of .ci without a terminal, and gives what it said, what its commands logged and
// whether it succeeded.
func (m machine) run(script string) (said, logged string, ok bool) {
	m.t.Helper()
	path, err := filepath.Abs("../.ci/" + script)
	if err != nil {
		m.t.Fatal(err)
	}
	log := filepath.Join(m.bin, "log")
	command := exec.CommandContext(m.t.Context(), path)
	command.Env = []string{"PATH=" + m.bin, "BIN=" + m.bin, "LOG=" + log, "CI=true"}
	output, err := command.CombinedOutput()
	text, readErr := os.ReadFile(log)
	if readErr != nil && !os.IsNotExist(readErr) {
		m.t.Fatal(readErr)
	}
	return string(output), string(text), err == nil
}

func TestOldGoIsNamed(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"go1.19.8": false, "go1.25.9": false, "go1.26": true, "go1.26.8": true, "go1.27rc1": true, "go2.0.1": true,
		"devel go1.27-abcdef": true,
	} {
		said, _, ok := newMachine(t, map[string]string{"go": "echo '" + version + "'"}).run("check-go")
		if ok != want {
			t.Errorf("%s is accepted: %v", version, ok)
		}
		if !want && (!strings.Contains(said, "needs Go 1.26") || !strings.Contains(said, version)) {
			t.Errorf("%s: it says %q", version, said)
		}
	}
	said, _, ok := newMachine(t, nil).run("check-go")
	if ok || !strings.Contains(said, "needs Go 1.26") {
		t.Errorf("without Go it says %q", said)
	}
}

const (
	goodGo = "echo go1.26.8"
	// install takes the place of apt-get: it writes down what is asked for and leaves Node behind.
	install = `echo "$*" >>"$LOG"
printf '#!/bin/sh\necho v18.20.4\n' >"$BIN/node"; chmod +x "$BIN/node"`
)

func TestBuildInstallsWhatIsMissing(t *testing.T) {
	t.Parallel()
	said, logged, ok := newMachine(t, map[string]string{
		"go": goodGo, "id": "echo 0", "apt-get": install, "gcc": "true", "pkg-config": "false",
	}).run("setup-build")
	packages := " libopus-dev libspeex-dev libspeexdsp-dev libvpx-dev libopenh264-dev nodejs npm"
	if !ok || !strings.Contains(logged, "install") || !strings.Contains(logged, packages) ||
		strings.Contains(logged, "gcc") {
		t.Errorf("it says %q and installs %q", said, logged)
	}
}

func TestBuildInstallsNothingTwice(t *testing.T) {
	t.Parallel()
	said, logged, ok := newMachine(t, map[string]string{
		"go": goodGo, "id": "echo 0", "apt-get": install, "gcc": "true", "pkg-config": "true",
		"node": "echo v18.0.0", "npm": "true",
	}).run("setup-build")
	if !ok || logged != "" {
		t.Errorf("it says %q and installs %q", said, logged)
	}
}

func TestBuildRefusesOldNode(t *testing.T) {
	t.Parallel()
	said, _, ok := newMachine(t, map[string]string{
		"go": goodGo, "gcc": "true", "pkg-config": "true", "node": "echo v16.20.0", "npm": "true",
	}).run("setup-build")
	if ok || !strings.Contains(said, "Node 18") {
		t.Errorf("it says %q", said)
	}
}

func TestSudoIsNotAskedForPasswordWithoutTerminal(t *testing.T) {
	t.Parallel()
	said, logged, ok := newMachine(t, map[string]string{
		"go": goodGo, "id": "echo 1000", "apt-get": install, "gcc": "true", "pkg-config": "true", "npm": "true",
		"sudo": `echo "sudo $*" >>"$LOG"; [ "$1" = -n ] && shift && [ "$1" = true ] || "$@"`, "true": "exit 0",
	}).run("setup-build")
	if !ok || !strings.Contains(logged, "sudo -n ") || !strings.Contains(logged, " nodejs") {
		t.Errorf("it says %q and runs %q", said, logged)
	}
}

func TestMissingPackagesAreNamed(t *testing.T) {
	t.Parallel()
	for name, commands := range map[string]map[string]string{
		"no root and no sudo": {"go": goodGo, "id": "echo 1000", "apt-get": install},
		"sudo that refuses":   {"go": goodGo, "id": "echo 1000", "apt-get": install, "sudo": "exit 1"},
		"no apt":              {"go": goodGo, "id": "echo 0"},
	} {
		for script, packages := range map[string][]string{
			"setup-build": {
				"gcc", "pkg-config", "libopus-dev", "libspeex-dev", "libspeexdsp-dev", "libgsm1-dev", "nodejs", "npm",
			},
			"setup-test": {
				"chromium", "firefox-esr", "pulseaudio", "sip-tester", "baresip", "kamailio", "ffmpeg", "linphone-cli",
				"espeak-ng", "multimon-ng",
			},
		} {
			said, logged, ok := newMachine(t, commands).run(script)
			if ok || logged != "" {
				t.Errorf("%s: %s goes on and runs %q", name, script, logged)
			}
			for _, each := range packages {
				if each != "kamailio" && !strings.Contains(said, each) { // it may be in /usr/sbin of this machine
					t.Errorf("%s: %s does not name %s: %q", name, script, each, said)
				}
			}
		}
	}
}
