package namespace

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Loss is a way on which the kernel loses packets: to a UDP port of loopback, or from it.
type Loss struct {
	port int
	from bool
}

// Lose has the kernel lose packets to a UDP port, or from it, in percent, at random. The sender does not notice.
func Lose(ctx context.Context, port int, from bool, percent int) (Loss, error) {
	l := Loss{port: port, from: from}
	end := []string{"--dport", fmt.Sprint(port)}
	if from {
		end = []string{"--sport", fmt.Sprint(port)}
	}
	rule := append([]string{"-w", "-A", "INPUT", "-p", "udp"}, end...)
	if percent > 0 {
		lost := append(slices.Clip(rule), "-m", "statistic", "--mode", "random",
			"--probability", fmt.Sprintf("%.2f", float64(percent)/100), "-j", "DROP")
		if _, err := run(ctx, "iptables", "iptables", lost...); err != nil {
			return Loss{}, err
		}
	}
	_, err := run(ctx, "iptables", "iptables", append(rule, "-j", "ACCEPT")...)
	return l, err
}

// Count tells how many packets were lost, and how many were not.
func (l Loss) Count(ctx context.Context) (lost, passed int, err error) {
	rules, err := run(ctx, "iptables", "iptables", "-w", "-v", "-S", "INPUT")
	if err != nil {
		return 0, 0, err
	}
	end := fmt.Sprintf(" --dport %d ", l.port)
	if l.from {
		end = fmt.Sprintf(" --sport %d ", l.port)
	}
	for line := range strings.Lines(rules) {
		_, counters, counted := strings.Cut(line, " -c ")
		if !counted || !strings.Contains(line, end) {
			continue
		}
		packets := 0
		if _, err = fmt.Sscan(counters, &packets); err != nil {
			return 0, 0, fmt.Errorf("%w: iptables says %q: %w", ErrNamespace, line, err)
		}
		if strings.Contains(line, "-j DROP") {
			lost += packets
		} else {
			passed += packets
		}
	}
	return lost, passed, nil
}
