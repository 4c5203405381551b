package governor

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine measures how busy the processors are, by whichever is higher: what this process used of those that it may
// have, which in a container are fewer, and what all processes used of those of the machine.
type machine struct {
	at   time.Time
	used time.Duration // by this process

	busy, total uint64 // of the machine, in ticks
}

func newMachine() *machine {
	m := &machine{}
	_, _ = m.load() // the first look has nothing to compare with
	return m
}

func (m *machine) load() (float64, error) {
	own, err := m.process()
	if err != nil {
		return 0, err
	}
	all, err := m.processors()
	return max(own, all), err
}

func (m *machine) process() (float64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("governor: own time: %w", err)
	}
	now, used := time.Now(), time.Duration(usage.Utime.Nano()+usage.Stime.Nano())
	share := float64(used-m.used) / float64(max(now.Sub(m.at), 1)) / float64(runtime.GOMAXPROCS(0))
	m.at, m.used = now, used
	return share, nil
}

// processors reads the first line of /proc/stat (proc_stat(5)): the time spent as user, nice, system, idle, iowait,
// irq, softirq and steal.
func (m *machine) processors() (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("governor: %w", err)
	}
	busy, total, err := parseStat(string(text))
	if err != nil {
		return 0, err
	}
	share := float64(busy-m.busy) / float64(max(total-m.total, 1))
	m.busy, m.total = busy, total
	return share, nil
}

func parseStat(text string) (busy, total uint64, err error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0, fmt.Errorf("governor: /proc/stat begins with %.40q", line)
	}
	for i, field := range fields[1:9] {
		ticks, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("governor: /proc/stat: %w", err)
		}
		total += ticks
		if idle := i == 3 || i == 4; !idle {
			busy += ticks
		}
	}
	return busy, total, nil
}
