// Package namespace runs a test in a network of its own, which has nothing but a loopback whose packets the kernel
// loses as told (iptables -m statistic). The test's program starts itself again in new namespaces of network and
// processes; they end with it, and all that it started with them.
package namespace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"sipbridge/test/e2e/process"
)

// inside is the environment variable that names the test that runs in the namespace.
const inside = "TEST_IN_NAMESPACE"

// ErrNamespace is what went wrong with the network.
var ErrNamespace = errors.New("network namespace")

// Run has the whole test t, a top-level one that calls it, run again in a namespace, where body is called. Arguments
// are given to the program that does so. Who is not root gets a namespace of users, too.
func Run(t *testing.T, body func(t *testing.T), arguments ...string) {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		if err := open(t.Context()); err != nil {
			t.Fatal(err)
		}
		body(t)
		return
	}
	output, err := again(t.Context(), t.Name(), arguments)
	switch {
	case err != nil:
		t.Errorf("%v\n%s", err, output)
	case !strings.Contains(output, "--- PASS: "+t.Name()):
		t.Errorf("%v: the test was not run in it\n%s", ErrNamespace, output)
	default:
		t.Log(output)
	}
}

// again runs the test in new namespaces and gives what it says.
func again(ctx context.Context, name string, arguments []string) (output string, err error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNamespace, err)
	}
	all := append([]string{"-test.run=^" + name + "$", "-test.v", "-test.timeout=10m"}, arguments...)
	command := exec.CommandContext(ctx, program, all...)
	command.Env = append(os.Environ(), inside+"="+name)
	attributes := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL,
	}
	if uid := os.Getuid(); uid != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	command.SysProcAttr = attributes
	runtime.LockOSThread() // whose end would be the program's
	defer runtime.UnlockOSThread()
	text, err := command.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		return "", fmt.Errorf("%w: the test needs root, or namespaces of users: %w", ErrNamespace, err)
	}
	if err != nil {
		return string(text), fmt.Errorf("%w: %w", ErrNamespace, err)
	}
	return string(text), nil
}

// open brings the loopback up.
func open(ctx context.Context) error {
	_, err := run(ctx, "ip", "iproute2", "link", "set", "lo", "up")
	return err
}

// run runs a tool of a Debian package.
func run(ctx context.Context, tool, debianPackage string, arguments ...string) (string, error) {
	path, err := find(tool, debianPackage)
	if err != nil {
		return "", err
	}
	output, err := exec.CommandContext(ctx, path, arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s %s: %w: %s", ErrNamespace, tool, strings.Join(arguments, " "), err, output)
	}
	return string(output), nil
}

// find also looks where only root's PATH leads.
func find(tool, debianPackage string) (string, error) {
	for _, directory := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := process.Find(directory+tool, debianPackage); err == nil {
			return path, nil
		}
	}
	return process.Find(tool, debianPackage)
}
