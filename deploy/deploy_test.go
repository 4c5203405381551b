// Package deploy holds the ways to run sipbridge elsewhere: a systemd unit and a compose file. Its
// tests keep them, and the Dockerfile, true to what the program and the Makefile are.
package deploy

import (
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/configs"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// find gives what the first group of the expression matched in the file.
func find(t *testing.T, path, expression string) string {
	t.Helper()
	match := regexp.MustCompile("(?m)" + expression).FindStringSubmatch(read(t, path))
	if match == nil {
		t.Fatalf("%s has nothing like %s", path, expression)
	}
	return match[1]
}

func defaults(t *testing.T) *configs.Config {
	t.Helper()
	config, err := configs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// instruction is one line of the Dockerfile.
type instruction struct{ word, rest string }

// stages gives the instructions of each stage of the Dockerfile.
func stages(t *testing.T) [][]instruction {
	t.Helper()
	var out [][]instruction
	for line := range strings.SplitSeq(read(t, "../Dockerfile"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasSuffix(line, "\\") {
			t.Fatalf("the Dockerfile continues a line, which .ci/docker-check cannot read: %s", line)
		}
		word, rest, _ := strings.Cut(line, " ")
		if word == "FROM" {
			out = append(out, nil)
		}
		if len(out) == 0 {
			t.Fatalf("the Dockerfile does not begin with FROM but with %s", line)
		}
		out[len(out)-1] = append(out[len(out)-1], instruction{word, rest})
	}
	if len(out) != 2 {
		t.Fatalf("the Dockerfile has %d stages, not 2", len(out))
	}
	return out
}

func rests(stage []instruction, word string) []string {
	var out []string
	for _, each := range stage {
		if each.word == word {
			out = append(out, each.rest)
		}
	}
	return out
}

func TestImageIsBuiltByMake(t *testing.T) {
	t.Parallel()
	build := stages(t)[0]
	if got := rests(build, "RUN"); !slices.Equal(got, []string{".ci/setup-build", "make build"}) {
		t.Errorf("the build stage runs %q", got)
	}
	wanted := find(t, "../go.mod", `^go (\d+\.\d+)`)
	if from := rests(build, "FROM")[0]; !strings.HasPrefix(from, "golang:"+wanted+"-bookworm ") {
		t.Errorf("go.mod wants Go %s, the image is built from %s", wanted, from)
	}
	makefile := read(t, "../Makefile")
	if !regexp.MustCompile(`(?m)^build: setup-build `).MatchString(makefile) {
		t.Error("make build no longer sets itself up with .ci/setup-build")
	}
}

func TestImageRunsWhatMakeBuilt(t *testing.T) {
	t.Parallel()
	final := stages(t)[1]
	binary := find(t, "../Makefile", `^BINARY\s*:=\s*(\S+)`)
	if got := rests(final, "COPY"); len(got) != 1 || !strings.Contains(got[0], " /src/"+binary+" ") {
		t.Errorf("make builds %s, the image takes %q", binary, got)
	}
	installed := strings.Fields(strings.Join(rests(final, "RUN"), " "))
	for _, library := range []string{"libopus0", "libspeex1", "libspeexdsp1", "libgsm1", "libvpx7", "libopenh264-7"} {
		if !slices.Contains(installed, library) {
			t.Errorf("the image does not install %s, but runs %q", library, installed)
		}
	}
	if got := rests(final, "USER"); len(got) != 1 || !regexp.MustCompile(`^[1-9]\d+:[1-9]\d+$`).MatchString(got[0]) {
		t.Errorf("the image runs as %q, which is not a number other than root's", got)
	}
	check := rests(final, "HEALTHCHECK")
	if len(check) != 1 || !strings.HasSuffix(check[0], `CMD ["sipbridge", "healthcheck"]`) {
		t.Errorf("the image is checked by %q", check)
	}
}

func TestImageExposesDefaultPorts(t *testing.T) {
	t.Parallel()
	config := defaults(t)
	port := func(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
	public, err := configs.Listen{Public: true}.Expand([]netip.Addr{netip.IPv6Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	exposed := rests(stages(t)[1], "EXPOSE")[0]
	for _, want := range []string{
		port(config.Listen.HTTP) + "/tcp", port(config.Listen.SIPUDP) + "/udp", port(config.Listen.SIPTCP) + "/tcp",
		port(public.HTTPS[0].String()) + "/tcp",
		config.Media.WebRTCPorts.String() + "/udp", config.Media.RTPPorts.String() + "/udp",
	} {
		if !slices.Contains(strings.Fields(exposed), want) {
			t.Errorf("%s is a default but not exposed", want)
		}
	}
}

func TestNothingIsBakedIn(t *testing.T) {
	t.Parallel()
	ignored := strings.Fields(read(t, "../.dockerignore"))
	for _, want := range []string{"bin", "**/node_modules"} {
		if !slices.Contains(ignored, want) {
			t.Errorf(".dockerignore lets %s into the image", want)
		}
	}
}

// TestStopsAfterDrain fails when a supervisor would kill the service while calls may still finish.
func TestStopsAfterDrain(t *testing.T) {
	t.Parallel()
	drain := defaults(t).Call.Drain
	for path, text := range map[string]string{
		"sipbridge.service": find(t, "sipbridge.service", `^TimeoutStopSec=(\d+)$`) + "s",
		"compose.yaml":      find(t, "compose.yaml", `^ *stop_grace_period: (\S+)$`),
	} {
		limit, err := time.ParseDuration(text)
		if err != nil || limit <= drain {
			t.Errorf("%s gives %v to stop, calls may take %v", path, limit, drain)
		}
	}
}

// TestConfigurationToBeginWith fails when the file needs more than passwords.
func TestConfigurationToBeginWith(t *testing.T) {
	t.Parallel()
	config, err := configs.Load("sipbridge.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Validate(); err == nil {
		t.Error("it can be used with passwords that everybody knows")
	}
	for i := range config.Users {
		config.Users[i].Password = "secret"
	}
	if err := config.Validate(); err != nil {
		t.Error(err)
	}
}
