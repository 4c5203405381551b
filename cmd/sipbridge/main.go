// Command sipbridge is a WebRTC-to-SIP bridge: browsers call SIP phones through it, and the other way
// round. This package reads the command line and the configuration, builds the parts and plugs them
// together; it is the only one that knows them all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// version is set when the program is linked, see the Makefile.
var version = "unknown"

const usage = `sipbridge joins calls of browsers (WebRTC, SIP over WebSocket) with SIP phones.

Usage:
  sipbridge serve [--config FILE]         start the service
  sipbridge check [--config FILE]         say what is wrong with the configuration, if anything
  sipbridge healthcheck [--config FILE]   ask a service on this machine whether it is well
  sipbridge version                       print the version

Without --config the built-in defaults count: the web phone at http://localhost:8080 with two
demo users, SIP on UDP and TCP 5060, all of it reachable from this machine only.

Every key of the configuration can be set by the environment as well, such as listen.http by
SIPBRIDGE_LISTEN_HTTP. configs/sipbridge.yaml explains the keys.

A service that is sent SIGTERM or SIGINT takes no new calls, lets the present ones finish within
call.drain, and ends; a second signal ends it at once.
`

// Exit statuses.
const (
	exitFine  = 0
	exitError = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// A second signal finds no handler and ends the program.
	context.AfterFunc(ctx, stop)
	collectEarly()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// collectEarly lets the heap grow by three tenths of what is alive before it is collected, unless GOGC says otherwise.
// Media allocate nothing, so collections are rare, and the memory of a call counts for more than their work.
func collectEarly() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
}

// errUsage is the error of a command line that was not understood; what it is, was told already.
var errUsage = errors.New("usage")

// run executes one command line and gives the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, environ, stdout, stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitFine
	case errors.Is(err, errUsage):
		return exitUsage
	default:
		say(stderr, "sipbridge: %v\n", err)
		return exitError
	}
}

func command(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		say(stderr, "%s", usage)
		return errUsage
	}
	name, rest := args[0], args[1:]
	switch name {
	case "serve":
		return withConfig(name, rest, environ, stdout, stderr, func(config configuration) error {
			return serve(ctx, config.Config, stdout)
		})
	case "check":
		return withConfig(name, rest, environ, stdout, stderr, func(config configuration) error {
			say(stdout, "%s is fine\n", config.source)
			return nil
		})
	case "healthcheck":
		return withConfig(name, rest, environ, stdout, stderr, func(config configuration) error {
			return healthcheck(ctx, config.Config)
		})
	case "version", "--version", "-version":
		say(stdout, "sipbridge %s\n", version)
		return nil
	case "help", "--help", "-help", "-h":
		say(stdout, "%s", usage)
		return nil
	default:
		say(stderr, "sipbridge: unknown command %q\n\n%s", name, usage)
		return errUsage
	}
}

// say prints; a terminal that went away is no reason to do anything else.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}
