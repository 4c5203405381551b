package configs

import (
	"fmt"
	"strconv"
	"strings"
)

// PortRange is a range of ports, both ends included. A single port is a range of one.
type PortRange struct {
	First, Last uint16
}

// ParsePortRange reads "20000-29999" or "8443".
func ParsePortRange(text string) (PortRange, error) {
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	first, err := parsePort(low)
	if err != nil {
		return PortRange{}, fmt.Errorf("%q is no port, nor a range such as 20000-29999: %w", text, err)
	}
	last, err := parsePort(high)
	if err != nil {
		return PortRange{}, fmt.Errorf("%q is no port, nor a range such as 20000-29999: %w", text, err)
	}
	if first > last {
		return PortRange{}, fmt.Errorf("the range %q ends before it begins", text)
	}
	return PortRange{First: first, Last: last}, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("ports are numbers from 1 to 65535: %w", err)
	}
	if port == 0 {
		return 0, fmt.Errorf("ports are numbers from 1 to 65535: %w", strconv.ErrRange)
	}
	return uint16(port), nil
}

// Len is the number of ports.
func (r PortRange) Len() int { return int(r.Last) - int(r.First) + 1 }

// Contains tells whether the port is in the range.
func (r PortRange) Contains(port uint16) bool { return r.First <= port && port <= r.Last }

// Overlaps tells whether the ranges share a port.
func (r PortRange) Overlaps(other PortRange) bool {
	return r.First <= other.Last && other.First <= r.Last
}

// String is what ParsePortRange reads.
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
