// Package measure reads what a process and the machine spend, from /proc (proc(5)).
package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrProc says that a file of /proc is not as expected.
var ErrProc = errors.New("unexpected /proc")

// tick is the unit of CPU time in /proc. Linux shows 100 a second to programs, whatever its own clock.
const tick = 10 * time.Millisecond

// Process reads one process.
type Process struct {
	// Dir is the process's folder, such as /proc/1234.
	Dir string
}

// ProcessOf gives the process of the number.
func ProcessOf(pid int) Process { return Process{Dir: fmt.Sprintf("/proc/%d", pid)} }

// CPU is the time that all the process's threads spent in the program and in the kernel, to 10 ms.
func (p Process) CPU() (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(p.Dir, "stat"))
	if err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	// The name in brackets may hold anything.
	at := strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[at+1:]))
	const user, system = 11, 12 // utime and stime, counted from the field behind the name
	if at < 0 || len(fields) <= system {
		return 0, fmt.Errorf("%w: stat %.80q", ErrProc, text)
	}
	ticks := 0
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// RSS is the memory that the process holds now, in bytes.
func (p Process) RSS() (int64, error) {
	text, err := os.ReadFile(filepath.Join(p.Dir, "status"))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	words := strings.Fields(rest)
	if len(words) < 2 || words[1] != "kB" {
		return 0, fmt.Errorf("%w: status without VmRSS", ErrProc)
	}
	kilobytes, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return kilobytes * 1024, nil
}
